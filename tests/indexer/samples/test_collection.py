"""The sample images: there, different, and the same again."""

from __future__ import annotations

import csv
import hashlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from facies.core.errors import ConfigurationError, StorageError
from facies.core.records import RESERVED_FIELDS
from facies.indexer.samples import CLASSES, MANIFEST, draw_sample, write_samples


def test_there_are_enough_classes() -> None:
    assert len(CLASSES) >= 10
    assert list(CLASSES) == sorted(set(CLASSES))


@pytest.mark.parametrize("label", CLASSES)
def test_the_same_seed_draws_the_same_pixels_and_another_seed_others(label: str) -> None:
    image = draw_sample(label, 1)
    assert image.mode == "RGB"
    assert all(200 <= side <= 400 for side in image.size)
    assert draw_sample(label, 1).tobytes() == image.tobytes()
    assert draw_sample(label, 2).tobytes() != image.tobytes()
    assert draw_sample(label, 1, seed=1).tobytes() != image.tobytes()


@pytest.mark.parametrize("label", CLASSES)
def test_no_drawing_is_empty(label: str) -> None:
    for number in range(3):
        values = np.asarray(draw_sample(label, number), np.float32)
        assert values.std() > 8


@pytest.mark.parametrize(("label", "number", "seed"), [("granite", 0, 0), (CLASSES[0], -1, 0), (CLASSES[0], 0, -1)])
def test_impossible_samples_are_refused(label: str, number: int, seed: int) -> None:
    with pytest.raises(ConfigurationError):
        draw_sample(label, number, seed=seed)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Path]]:
    out = tmp_path_factory.mktemp("samples") / "not" / "yet there"
    return out, write_samples(out, per_class=2)


def test_a_folder_of_samples(written: tuple[Path, list[Path]]) -> None:
    out, paths = written
    assert [p.relative_to(out).as_posix() for p in paths] == [
        f"{label}/{label}_{number:03d}.png" for label in CLASSES for number in range(2)
    ]
    assert {p for p in out.rglob("*") if p.is_file()} == {*paths, out / MANIFEST}
    for path in paths[::7]:
        with Image.open(path) as image:
            assert image.tobytes() == draw_sample(path.parent.name, int(path.stem[-3:])).tobytes()
    hashes = {hashlib.sha256(p.read_bytes()).hexdigest() for p in paths}
    assert len(hashes) == len(paths)


def test_fewer_images_are_the_first_of_more(written: tuple[Path, list[Path]], tmp_path: Path) -> None:
    few = write_samples(tmp_path / "few", per_class=1)
    assert [p.read_bytes() for p in few] == [p.read_bytes() for p in written[1][::2]]


def test_the_manifest_describes_every_image(written: tuple[Path, list[Path]]) -> None:
    out, paths = written
    with (out / MANIFEST).open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [out / row["path"] for row in rows] == paths
    assert [row["label"] for row in rows] == [p.parent.name for p in paths]
    assert rows[0].keys() == {"path", "label", "well", "depth_m", "slide", "um_per_px"}
    assert not (rows[0].keys() - {"path", "label"}) & RESERVED_FIELDS
    assert all(row["well"] and 0 < float(row["depth_m"]) < 5000 for row in rows)
    microscopic = [row for row in rows if row["slide"]]
    assert microscopic
    assert all(float(row["um_per_px"]) > 0 for row in microscopic)
    assert all(not row["um_per_px"] for row in rows if not row["slide"])


def test_no_images_at_all_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="at least 1"):
        write_samples(tmp_path, per_class=0)


def test_a_place_that_cannot_be_written_is_a_storage_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError, match="file"):
        write_samples(tmp_path / "file", per_class=1)
