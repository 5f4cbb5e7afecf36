"""``facies segment --task macerals`` as a person calls it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from facies.core.errors import ConfigurationError, SegmentationModelError, UnreadableImageError
from facies.indexer.cli_segment import app
from tests.indexer.segmentation.maceral_scenes import write_macerals

runner = CliRunner()
QUICK = ("--trees", "10", "--pixels-per-class", "60")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_macerals(tmp_path_factory.mktemp("scenes"))


@pytest.fixture(scope="module")
def model(house: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FACIES_DATA_DIR", str(tmp_path_factory.mktemp("data")))
        path = house / "m.model"
        call("train", *of_masks(house), *QUICK, "--no-validate", "--out", path)
    return path


def of_masks(house: Path) -> tuple[str | Path, ...]:
    return ("--task", "macerals", "--images", house / "images", "--masks", house / "masks")


def call(*arguments: str | Path, status: int = 0) -> dict[str, Any]:
    result = runner.invoke(app, [*map(str, arguments), "--json"], catch_exceptions=True)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == status, result.output
    found: dict[str, Any] = json.loads(result.stdout.splitlines()[-1])
    return found


def test_masks_train_a_model_that_names_and_measures(house: Path, model: Path, tmp_path: Path) -> None:
    image = house / "images" / "0001.png"
    report = call("apply", "--model", model, "--image", image, "--out", tmp_path, "--um-per-px", "0.5")
    assert report["task"] == "macerals"
    assert report["macerals"][0]["percent_of_foreground"] is None
    assert (tmp_path / "mask.png").is_file()
    scored = call(
        "evaluate", "--mask", tmp_path / "mask.png", "--truth", house / "masks" / "0001.png", "--background", "0"
    )
    assert scored["micro_dice"] > 0.6


def test_strokes_train_one_too(house: Path, tmp_path: Path) -> None:
    lesson = ("--image", house / "images" / "0000.png", "--labels", house / "strokes" / "0000.json")
    out = tmp_path / "m.model"
    report = call("train", "--task", "macerals", *lesson, "--trees", "10", "--no-validate", "--out", out)
    assert report["task"] == "macerals"
    named = call(
        "apply", "--task", "macerals", "--model", out, "--image", house / "images" / "0001.png", "--out", tmp_path
    )
    assert named["background"] == 0


def test_leave_one_out_gives_the_names_of_evaluate(house: Path) -> None:
    report = call("evaluate", *of_masks(house), "--leave-one-out", *QUICK)
    names = {
        "macro_f1",
        "micro_dice",
        "micro_jaccard",
        "per_class",
        "micro_dice_with_background",
        "images",
        "per_image",
    }
    assert names | {"cpu_s"} <= set(report)
    assert 0 < report["micro_jaccard"] < report["micro_dice"] < 1


def test_an_image_that_cannot_be_read_gives_the_status_1(house: Path, model: Path, tmp_path: Path) -> None:
    (tmp_path / "text.png").write_text("no image")
    both = ("--image", tmp_path / "text.png", "--image", house / "images" / "0000.png")
    report = call("apply", "--model", model, *both, "--out", tmp_path / "out", status=1)
    assert [one["image"] for one in report["failed"]] == ["text.png"]
    with pytest.raises(UnreadableImageError):
        call("apply", "--model", model, "--image", tmp_path / "text.png", "--out", tmp_path / "empty")
    assert not (tmp_path / "empty").exists()
    with pytest.raises(ConfigurationError, match="is a file; give --out a folder"):
        call("apply", "--model", model, *both, "--out", tmp_path / "text.png")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("train", "--out", "m"), "nothing to train on"),
        (("train", "--images", "a", "--out", "m"), "go together"),
        (("train", "--image", "a", "--labels", "b", "--images", "a", "--masks", "b", "--out", "m"), "not both"),
        (("train", "--image", "a", "--labels", "b", "--layers", "c", "--out", "m"), "--layers says"),
        (("evaluate",), "either --mask"),
        (("evaluate", "--mask", "a", "--truth", "b", "--images", "a", "--masks", "b"), "not both"),
        (("evaluate", "--images", "a", "--masks", "b"), "--leave-one-out"),
        (("evaluate", "--mask", "a", "--truth", "b", "--background", "resin"), "one from 0 to 255"),
    ],
)
def test_what_contradicts_itself_is_refused(arguments: tuple[str, ...], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        call(*arguments)


def test_options_of_cores_mean_nothing_for_macerals(house: Path, model: Path, tmp_path: Path) -> None:
    image = ("--model", model, "--image", house / "images" / "0000.png", "--out", tmp_path)
    with pytest.raises(ConfigurationError, match="names macerals, and --top-m"):
        call("apply", *image, "--top-m", "10")
    with pytest.raises(SegmentationModelError, match="task macerals, not for core"):
        call("apply", *image, "--task", "core")


def test_ids_of_another_table_are_scored_with_a_background(house: Path, tmp_path: Path) -> None:
    (tmp_path / "masks").mkdir()
    for path in (house / "masks").iterdir():
        Image.fromarray(np.asarray(Image.open(path)) + np.uint8(1)).save(tmp_path / "masks" / path.name)
    folders = ("--task", "macerals", "--images", house / "images", "--masks", tmp_path / "masks")
    report = call("evaluate", *folders, "--leave-one-out", "--background", "1", *QUICK)
    assert report["background"] == 1
    assert set(report["per_class"]) == {"1", "2", "3", "4"}
    assert "called by their ids" in report["notes"][0]


def test_masks_with_an_unknown_id_are_told_of_when_learnt_from(tmp_path: Path) -> None:
    house = write_macerals(tmp_path / "scenes")
    mask = np.asarray(Image.open(house / "masks" / "0001.png")).copy()
    mask[:20, :20] = 77
    Image.fromarray(mask).save(house / "masks" / "0001.png")
    report = call("train", *of_masks(house), *QUICK, "--no-validate", "--out", tmp_path / "m.model")
    assert len([note for note in report["notes"] if "the masks have the ids 0, 1, 2, 3, 77" in note]) == 1
    assert "class 77" in [one["name"] for one in report["classes"]]
