"""``facies segment train``, ``evaluate`` and ``generate``: what cannot be learnt from, and what cannot be scored."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from facies.core.errors import (
    ConfigurationError,
    LabelsError,
    MaskSizeError,
    NoLabelsError,
    TooFewClassesError,
    UnknownCardError,
    UnknownClassError,
)
from tests.indexer.segment_command import HEIGHT, WIDTH, call, draw_core, run


@pytest.fixture(scope="module")
def core(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return draw_core(tmp_path_factory.mktemp("core"))


Strokes = Callable[..., Path]


@pytest.fixture
def strokes(tmp_path: Path) -> Strokes:
    def write(*strokes: dict[str, Any]) -> Path:
        path = tmp_path / "strokes.json"
        path.write_text(json.dumps({"image": "image.png", "strokes": list(strokes)}))
        return path

    return write


SAND = {"class": "sand", "width": 5, "points": [[10, 10], [40, 12]]}
MUD = {"class": "mud", "width": 5, "points": [[10, 60], [40, 62]]}


def test_labels_that_cannot_be_learnt_from_are_refused(core: Path, strokes: Strokes, tmp_path: Path) -> None:
    def train(labels: Path, *options: str | Path) -> None:
        call("train", "--image", core / "image.png", "--labels", labels, "--out", tmp_path / "m", *options)

    with pytest.raises(LabelsError, match="outside"):
        train(strokes(SAND, {**MUD, "points": [[10, 60], [WIDTH + 40, 62]]}))
    with pytest.raises(TooFewClassesError, match="'sand' only"):
        train(strokes(SAND, {**SAND, "points": [[10, 100], [40, 100]]}))
    with pytest.raises(NoLabelsError, match="Draw at least one stroke"):
        train(strokes())
    with pytest.raises(UnknownClassError, match="'mud'"):
        train(strokes(SAND, MUD), "--classes", core / "classes.json")
    with pytest.raises(UnknownCardError, match="lite0-stem-3"):
        train(strokes(SAND, MUD), "--card", "lite0-stem-5")
    Image.open(core / "labels.png").crop((0, 0, WIDTH, HEIGHT - 1)).save(tmp_path / "labels.png")
    with pytest.raises(MaskSizeError, match=f"{WIDTH} x {HEIGHT - 1}"):
        train(tmp_path / "labels.png")
    assert not (tmp_path / "m").exists()


def test_places_for_a_model_that_are_none_are_told_before_anything_is_computed(core: Path, tmp_path: Path) -> None:
    for out in (tmp_path, tmp_path / "no" / "m"):
        with pytest.raises(ConfigurationError, match="no place for a file"):
            call("train", "--image", core / "image.png", "--labels", core / "strokes.json", "--out", out)


def test_a_model_is_never_written_over_what_it_learns_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    core, weights = draw_core(tmp_path / "core"), tmp_path / "weights" / "net.safetensors"
    (tmp_path / "link.png").symlink_to(core / "image.png")
    weights.parent.mkdir()
    weights.write_bytes(b"weights")
    monkeypatch.setenv("FACIES_MODELS__WEIGHTS_DIR", str(weights.parent))
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    strokes = ("--image", core / "image.png", "--labels", core / "strokes.json", "--truth", core / "truth.png")
    masks = ("--task", "macerals", "--images", core, "--masks", core)
    names = ("image.png", "strokes.json", "truth.png", "classes.json")
    for words, out in (
        *(((*strokes, "--classes", core / "classes.json"), core / name) for name in names),
        (strokes, tmp_path / "link.png"),
        (strokes, weights),
        (masks, core / "image.png"),
        ((*masks, "--layers", core / "classes.json"), core / "classes.json"),
    ):
        with pytest.raises(ConfigurationError, match="written over"):
            call("train", *words, "--trees", "5", "--no-validate", "--out", out)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_masks_of_another_size_are_not_scored(core: Path, tmp_path: Path) -> None:
    Image.open(core / "truth.png").crop((0, 0, WIDTH - 1, HEIGHT)).save(tmp_path / "mask.png")
    with pytest.raises(MaskSizeError):
        call("evaluate", "--mask", tmp_path / "mask.png", "--truth", core / "truth.png")


def test_scenes_are_drawn_the_same_from_the_same_seed(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        report = run("generate", "--task", "macerals", "--seed", "4", "--out", tmp_path / folder)
        assert {"image.png", "truth.png", "labels.png", "strokes.json"} <= set(report["files"])
    for name in report["files"]:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_scenes_are_not_drawn_into_a_file(tmp_path: Path) -> None:
    (tmp_path / "s.png").write_text("kept")
    with pytest.raises(ConfigurationError, match=r"s\.png is a file; give --out a folder"):
        call("generate", "--out", tmp_path / "s.png")
    assert (tmp_path / "s.png").read_text() == "kept"


def test_the_help_says_where_several_scenes_go(tmp_path: Path) -> None:
    said = " ".join(call("generate", "--help").output.replace("\u2502", " ").split())
    files = run("generate", "--count", "2", "--out", tmp_path / "scenes")["files"]
    folders = sorted({name.partition("/")[0] for name in files if "/" in name})
    assert folders == ["images", "labels", "masks", "strokes"]
    assert all(f"{folder}/" in said for folder in folders)
    assert "folder of its own" not in said


def test_the_help_says_what_a_background_of_masks_can_be() -> None:
    said = " ".join(call("evaluate", "--help").output.replace("\u2502", " ").split())
    assert "Id of the class that is no maceral, no foreground; of --images its name too." in said
