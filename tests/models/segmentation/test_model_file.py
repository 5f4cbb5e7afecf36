from __future__ import annotations

import hashlib
import io
import json
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from safetensors.numpy import load, save

from facies.core.errors import SegmentationModelError, StorageError
from facies.core.segmentation import ClassTable
from facies.models.segmentation.drift import ImageStatistics
from facies.models.segmentation.model_file import load_model, pack_model, save_model, unpack_model
from facies.models.segmentation.pixel_classifier import KINDS, ClassifierKind, fit_classifier
from facies.models.segmentation.segmentation_model import SegmentationModel, TrainedOn

Arrays = dict[str, NDArray[Any]]


def pixels(count: int = 60) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    rng = np.random.default_rng(0)
    codes = np.arange(count) % 3
    return (rng.normal(size=(count, 5)) + codes[:, None]).astype(np.float32), codes


def model(kind: ClassifierKind = "extra-trees") -> SegmentationModel:
    rows, codes = pixels()
    return SegmentationModel(
        task="core",
        card="lite0-stem-3",
        maps_fingerprint="hypercolumns 1; some weights",
        classes=ClassTable.of_names(["shale", "Sandstein, fein", "калькит"]),
        kind=kind,
        classifier=fit_classifier(kind, rows, codes, trees=6),
        training=ImageStatistics(rows.mean(axis=0, dtype=float), rows.std(axis=0, dtype=float), 0.125),
        created="2026-11-22T12:00:00+00:00",
        facies_version="0.1.0",
        mm_per_px=0.2,
        smoothing_mm=2.5,
        trained_on=(TrainedOn("core.png", "ab" * 32, 2693, 369, (20, 20, 20)),),
        report={"grouped_cv_f1": 0.5, "folds": [1, 2]},
    )


def sealed(body: bytes) -> bytes:
    """As a file that states the right hash of whatever it holds."""
    return b"facies-seg 1 " + hashlib.sha256(body).hexdigest().encode() + b"\n" + body


def taken_apart(content: bytes) -> tuple[Arrays, dict[str, Any]]:
    body = content.partition(b"\n")[2]
    length = int.from_bytes(body[:8], "little")
    return load(body), json.loads(json.loads(body[8 : 8 + length])["__metadata__"]["model"])


def put_together(arrays: Arrays, description: Any) -> bytes:
    return sealed(save(arrays, metadata={"model": json.dumps(description)}))


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_read_is_what_was_written(tmp_path: Path, kind: ClassifierKind) -> None:
    before = model(kind)
    path = tmp_path / "core.facies-seg"
    save_model(before, path)
    after = load_model(path)
    rows, _ = pixels(200)
    np.testing.assert_array_equal(after.classifier.probabilities(rows), before.classifier.probabilities(rows))
    for name in ("task", "card", "maps_fingerprint", "classes", "kind", "created", "facies_version", "mm_per_px"):
        assert getattr(after, name) == getattr(before, name)
    assert (after.smoothing_mm, after.smoothing_px, after.trained_on) == (2.5, None, before.trained_on)
    assert after.report == before.report
    np.testing.assert_array_equal(after.training.means, before.training.means)
    assert after.training.unsure_share == 0.125
    assert pack_model(after) == path.read_bytes()
    assert [one.name for one in tmp_path.iterdir()] == ["core.facies-seg"]


CONTENT = pack_model(model())


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 8 * len(CONTENT) - 1))
def test_no_flipped_bit_goes_unseen(bit: int) -> None:
    damaged = bytearray(CONTENT)
    damaged[bit // 8] ^= 1 << bit % 8
    with pytest.raises(SegmentationModelError):
        unpack_model(bytes(damaged), "core.facies-seg")


def test_no_flipped_bit_of_the_first_line_goes_unseen() -> None:
    for bit in range(8 * (CONTENT.index(b"\n") + 1)):
        damaged = bytearray(CONTENT)
        damaged[bit // 8] ^= 1 << bit % 8
        with pytest.raises(SegmentationModelError):
            unpack_model(bytes(damaged), "core.facies-seg")


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(CONTENT) - 1))
def test_no_file_that_was_cut_off_is_read(length: int) -> None:
    with pytest.raises(SegmentationModelError):
        unpack_model(CONTENT[:length], "core.facies-seg")


def test_a_newer_format_is_named() -> None:
    newer = CONTENT.replace(b"facies-seg 1 ", b"facies-seg 2 ", 1)
    with pytest.raises(SegmentationModelError, match=r"of format 2, this release reads format 1.*train again"):
        unpack_model(newer, "core.facies-seg")


def foreign_zip() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("model.json", "{}")
    return file.getvalue()


class _Mischief:
    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return (pytest.fail, ("a model file ran code",))


@pytest.mark.parametrize(
    "content",
    [b"", b"\n", foreign_zip(), pickle.dumps(_Mischief()), b"facies-seg", b"facies-seg 1\n", b"facies-seg x y\n"],
    ids=["nothing", "line", "zip", "pickle", "word", "no hash", "no version"],
)
def test_another_file_is_told_from_a_model(content: bytes) -> None:
    with pytest.raises(SegmentationModelError, match="is no model of a segmentation"):
        unpack_model(content, "other.bin")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff" * 8,
        (2**40).to_bytes(8, "little") + b"{}",
        (2).to_bytes(8, "little") + b"{}",
        (4).to_bytes(8, "little") + b"null",
        pickle.dumps(_Mischief()),
        save({"weights": np.zeros((2, 2), np.float32)}),
        save({"weights": np.zeros((2, 2), np.float32)}, metadata={"model": "[" * 100_000}),
    ],
)
def test_a_body_that_is_no_model_is_refused_though_its_hash_is_right(body: bytes) -> None:
    with pytest.raises(SegmentationModelError):
        unpack_model(sealed(body), "core.facies-seg")


def put(name: str, value: Any) -> Callable[[Arrays, dict[str, Any]], None]:
    return lambda _, description: description.__setitem__(name, value)


def array(name: str, change: Callable[[NDArray[Any]], NDArray[Any]]) -> Callable[[Arrays, dict[str, Any]], None]:
    return lambda arrays, _: arrays.__setitem__(name, np.ascontiguousarray(change(arrays[name])))


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (put("task", "paint"), "task"),
        (put("kind", "svm"), "kind"),
        (put("kind", "linear"), "has the form of a forest"),
        (put("form", "linear"), "expected"),
        (put("classes", []), "classes"),
        (put("classes", [{"id": 1, "name": "a", "colour": [0, 0, 0]}] * 3), "same id"),
        (put("classes", [{"id": 999, "name": "a", "colour": [0, 0, 0]}] * 3), "999"),
        (put("classes", [{"id": n, "name": f"c{n}", "colour": [0, 0, 0]} for n in range(2)]), "tells 3 classes"),
        (put("feature_count", 4), "beyond the 4"),
        (put("feature_count", 9), "5 features, the classifier takes 9"),
        (put("feature_count", 10**9), "beyond"),
        (put("unsure_share", 2.0), "unsure"),
        (put("mm_per_px", -1.0), "mm_per_px"),
        (put("smoothing_px", 3.0), "expected one of them"),
        (put("smoothing_mm", -3.0), "smoothing_mm"),
        (put("trained_on", [{"name": "a", "sha256": "x", "height": 1, "width": 1, "labelled": [1]}]), "sha256"),
        (put("surprise", 1), "surprise"),
        (array("features", lambda a: a.astype(np.int32)), "arrays"),
        (array("features", lambda a: a[::-1]), "cannot be reached"),
        (array("features", lambda a: a.reshape(1, -1)), "2 axes"),
        (array("leaves", lambda a: a + np.uint32(2**31)), "not there"),
        (array("thresholds", lambda a: a * np.float32(np.nan)), "not finite"),
        (array("tree_nodes", lambda a: a * np.uint32(2**16)), "add up"),
        (array("distributions", lambda a: a[:, :2]), "add up to 1|d >= K|pure"),
        (array("feature_means", lambda a: a[:3]), "none"),
        (array("feature_spreads", lambda a: a * np.nan), "none"),
        (lambda arrays, _: arrays.pop("leaves"), "expected"),
        (lambda arrays, _: arrays.__setitem__("code", np.zeros(3, np.uint8)), "expected"),
    ],
)
def test_a_hostile_model_is_refused_though_its_hash_is_right(
    change: Callable[[Arrays, dict[str, Any]], Any], match: str
) -> None:
    arrays, description = taken_apart(CONTENT)
    assert unpack_model(put_together(dict(arrays), dict(description)), "core.facies-seg").card == "lite0-stem-3"
    change(arrays, description)
    with pytest.raises(SegmentationModelError, match=match):
        unpack_model(put_together(arrays, description), "core.facies-seg")


def test_a_linear_head_with_hostile_numbers_is_refused() -> None:
    arrays, description = taken_apart(pack_model(model("linear")))
    weights = arrays["weights"]
    for hostile in (weights[:, :2].copy(), weights * np.float32(np.inf), weights[:0]):
        with pytest.raises(SegmentationModelError):
            unpack_model(put_together(arrays | {"weights": hostile}, description), "core.facies-seg")


def test_a_file_of_any_length_is_not_read_into_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("facies.models.segmentation.model_file.MAX_BYTES", 1000)
    path = tmp_path / "large.facies-seg"
    path.write_bytes(CONTENT)
    with pytest.raises(SegmentationModelError, match="more than 1,000 bytes"):
        load_model(path)


def test_a_file_that_is_not_there_or_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(SegmentationModelError, match="cannot be read"):
        load_model(tmp_path / "none.facies-seg")
    with pytest.raises(StorageError, match="cannot write"):
        save_model(model(), tmp_path / "no folder" / "core.facies-seg")


def test_a_model_that_cannot_be_written_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "core.facies-seg"
    save_model(model(), path)
    old = path.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("facies.core.new_files.flush", full)
    with pytest.raises(StorageError, match="No space left"):
        save_model(model("linear"), path)
    assert path.read_bytes() == old
    assert [one.name for one in tmp_path.iterdir()] == ["core.facies-seg"]
