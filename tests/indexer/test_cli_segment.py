"""``facies segment`` as a person calls it: a core from strokes to intervals, and what is refused on the way."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import Result
from PIL import Image
from typer.testing import CliRunner

from facies.core.errors import (
    ConfigurationError,
    FaciesError,
    LabelsError,
    MaskSizeError,
    ModelMapsMismatchError,
    NoLabelsError,
    SegmentationModelError,
    TooFewClassesError,
    UnknownCardError,
    UnknownClassError,
)
from facies.indexer.cli_segment import app
from facies.indexer.segmentation import core_run
from facies.indexer.segmentation.generated_cores import generate_core
from facies.indexer.segmentation.generated_files import write_scene
from facies.models.segmentation.model_file import load_model, save_model

HEIGHT, WIDTH = 192, 64


def call(*words: str | Path) -> Result:
    result = CliRunner().invoke(app, [str(word) for word in words])
    if isinstance(result.exception, FaciesError):
        raise result.exception
    return result


def run(*words: str | Path, status: int = 0) -> dict[str, Any]:
    """Run a command, and give the object that is the last line of its output."""
    result = call(*words, "--json")
    assert result.exit_code == status, result.output
    report: dict[str, Any] = json.loads(result.stdout.splitlines()[-1])
    return report


@pytest.fixture(scope="module", autouse=True)
def one_data_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("data")
        patch.setenv("FACIES_DATA_DIR", str(folder))
        yield folder


@pytest.fixture(scope="module")
def core(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A drawn core of three classes."""
    folder = tmp_path_factory.mktemp("core")
    write_scene(generate_core(3, height=HEIGHT, width=WIDTH, classes=3), folder)
    return folder


@pytest.fixture(scope="module")
def model(core: Path, tmp_path_factory: pytest.TempPathFactory, one_data_folder: Path) -> Path:
    path = tmp_path_factory.mktemp("model") / "core.model"
    labelled = ("--image", core / "image.png", "--labels", core / "strokes.json")
    report = run("train", *labelled, "--out", path, "--trees", "20")
    assert report["model"] == str(path)
    assert {"grouped_cv_f1", "poster_f1", "cpu_s", "peak_growth_mb"} <= report.keys()
    return path


@pytest.fixture
def boxes(core: Path, tmp_path: Path) -> Path:
    """The core in three photographs, and a list of them."""
    image = Image.open(core / "image.png")
    rows = ["image,top_m,mm_per_px"]
    for number in range(3):
        image.crop((0, 64 * number, WIDTH, 64 * number + 64)).save(tmp_path / f"box{number + 1}.png")
        rows.append(f"box{number + 1}.png,{100 + number * 0.1:.1f},0.5")
    (tmp_path / "boxes.csv").write_text("\n".join(rows))
    return tmp_path / "boxes.csv"


def test_a_core_goes_from_strokes_to_intervals(core: Path, model: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    report = run("apply", "--model", model, "--image", core / "image.png", "--out", out)
    assert {"mask.png", "uncertainty.png", "fractions.csv"} <= {path.name for path in out.iterdir()}
    assert report["sections"][0]["height"] == HEIGHT
    scores = run("evaluate", "--mask", out / "mask.png", "--truth", core / "truth.png")
    assert scores["macro_f1"] > 0.8
    assert {"micro_dice", "micro_jaccard", "per_class", "images"} <= scores.keys()
    places = run("suggest", "--model", model, "--image", core / "image.png", "--count", "3", "--radius-px", "6")
    assert 0 < len(places["suggestions"]) <= 3


def test_a_list_of_photographs_becomes_a_core_by_depth(model: Path, boxes: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    (tmp_path / "asked.csv").write_text("top_m,base_m,name\n100,100.2,upper\n")
    options = ("--intervals", tmp_path / "asked.csv", "--well", "A-1", "--step-m", "0.02", "--rock", "all")
    report = run("apply", "--model", model, "--sections", boxes, "--out", out, *options)
    assert [one["folder"] for one in report["sections"]] == ["sections/box1", "sections/box2", "sections/box3"]
    assert {"core.las", "intervals.csv", "depth_plot.png", "fractions_by_interval.csv"} <= set(report["files"])
    shown = call("apply", "--model", model, "--sections", boxes, "--out", out, *options)
    assert shown.exit_code == 0
    assert "3 of 3 sections were done before" in shown.output


def test_maps_of_the_disk_and_of_the_network_give_the_same_files(
    core: Path, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, one_data_folder: Path
) -> None:
    assert list((one_data_folder / "maps").glob("*.maps")), "training kept no maps"
    monkeypatch.setenv("FACIES_DATA_DIR", str(one_data_folder))
    run("apply", "--model", model, "--image", core / "image.png", "--out", tmp_path / "kept")
    monkeypatch.setenv("FACIES_DATA_DIR", str(tmp_path / "empty"))
    run("apply", "--model", model, "--image", core / "image.png", "--out", tmp_path / "made")
    for name in ("mask.png", "uncertainty.png", "rock.png", "overlay.jpg", "fractions.csv"):
        assert (tmp_path / "kept" / name).read_bytes() == (tmp_path / "made" / name).read_bytes(), name


def test_a_damaged_photograph_in_the_middle_is_reported_and_the_others_are_done(model: Path, boxes: Path) -> None:
    whole = boxes.with_name("box2.png").read_bytes()
    boxes.with_name("box2.png").write_bytes(whole[: len(whole) // 2])
    out = boxes.with_name("out")
    report = run("apply", "--model", model, "--sections", boxes, "--out", out, status=1)
    assert [one["image"] for one in report["failed"]] == ["box2.png"]
    assert [one["image"] for one in report["sections"]] == ["box1.png", "box3.png"]
    assert (out / "sections" / "box3" / "mask.png").is_file()
    assert (out / "core.las").is_file()


def test_ctrl_c_in_the_middle_ends_in_good_order_and_the_same_command_goes_on(
    model: Path, boxes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = boxes.with_name("out")
    named: list[str] = []
    real = core_run.name_section

    def press_ctrl_c_in_the_second(bench: Any, trained: Any, picture: Any, **options: Any) -> Any:
        named.append(picture.name)
        if len(named) == 2:
            os.kill(os.getpid(), signal.SIGINT)
        return real(bench, trained, picture, **options)

    monkeypatch.setattr(core_run, "name_section", press_ctrl_c_in_the_second)
    stopped = call("apply", "--model", model, "--sections", boxes, "--out", out)
    assert stopped.exit_code == 130
    assert "the same command goes on" in stopped.output
    assert not (out / "report.json").exists()
    report = run("apply", "--model", model, "--sections", boxes, "--out", out)
    assert named == ["box1.png", "box2.png", "box2.png", "box3.png"]
    assert report["sections_kept"] == 1


def test_a_core_of_40_000_rows_is_named_whole(model: Path, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    strata = rng.integers(60, 200, (400, 1, 3)).repeat(100, axis=0).repeat(WIDTH, axis=1)
    image = np.clip(strata + rng.normal(0, 12, (40_000, WIDTH, 3)), 0, 255).astype(np.uint8)
    Image.fromarray(image).save(tmp_path / "tall.png", compress_level=1)
    depths = ("--top-m", "1000", "--base-m", "1020")
    report = run("apply", "--model", model, "--image", tmp_path / "tall.png", "--out", tmp_path / "out", *depths)
    assert report["sections"][0]["height"] == 40_000
    with Image.open(tmp_path / "out" / "mask.png") as mask:
        assert mask.size == (WIDTH, 40_000)
    rows = (tmp_path / "out" / "fractions_by_depth.csv").read_text().splitlines()
    assert len(rows) == 1 + 2000


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


def test_masks_of_another_size_are_not_scored(core: Path, tmp_path: Path) -> None:
    Image.open(core / "truth.png").crop((0, 0, WIDTH - 1, HEIGHT)).save(tmp_path / "mask.png")
    with pytest.raises(MaskSizeError):
        call("evaluate", "--mask", tmp_path / "mask.png", "--truth", core / "truth.png")


def test_models_of_other_weights_and_tasks_and_files_that_are_none_are_refused(
    core: Path, model: Path, tmp_path: Path
) -> None:
    def apply(path: Path, *options: str) -> None:
        call("apply", "--model", path, "--image", core / "image.png", "--out", tmp_path / "out", *options)

    trained, other = load_model(model), tmp_path / "other.model"
    save_model(replace(trained, maps_fingerprint=trained.maps_fingerprint + " of another day"), other)
    with pytest.raises(ModelMapsMismatchError, match="train again"):
        apply(other)
    save_model(replace(trained, card="lite0-stem"), other)
    with pytest.raises(ModelMapsMismatchError, match="train again"):
        apply(other)
    with pytest.raises(SegmentationModelError, match="task core, not for macerals"):
        apply(model, "--task", "macerals")
    other.write_bytes(b"PK")
    with pytest.raises(SegmentationModelError):
        apply(other)
    assert not (tmp_path / "out").exists()


def test_options_that_contradict_each_other_are_refused(core: Path, model: Path, boxes: Path) -> None:
    out = ("--model", model, "--out", boxes.with_name("out"))
    image = ("--image", core / "image.png")
    for words, said in (
        ((*image, "--base-m", "3"), "--base-m is given without --top-m"),
        (("--top-m", "3"), "give --image too"),
        (("--sections", boxes, *image), "leave --image"),
        (("--sections", boxes, "--mm-per-px", "0.5"), "leave --mm-per-px out"),
        ((), "either one image or sections"),
    ):
        with pytest.raises(ConfigurationError, match=said):
            call("apply", *out, *words)
    with pytest.raises(FaciesError, match="both of base_m and mm_per_px"):
        call("apply", *out, *image, "--top-m", "1", "--base-m", "2", "--mm-per-px", "0.5")
    boxes.with_name("asked.csv").write_text("top_m,base_m\n1,2\n")
    with pytest.raises(FaciesError, match="need depths"):
        call("apply", *out, *image, "--intervals", boxes.with_name("asked.csv"))
    assert not boxes.with_name("out").exists()


def test_a_photograph_is_never_written_over(model: Path, core: Path, tmp_path: Path) -> None:
    photograph = tmp_path / "mask.png"
    photograph.write_bytes((core / "image.png").read_bytes())
    with pytest.raises(ConfigurationError, match="written over"):
        call("apply", "--model", model, "--image", photograph, "--out", tmp_path)
    assert photograph.read_bytes() == (core / "image.png").read_bytes()


def test_scenes_are_drawn_the_same_from_the_same_seed(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        report = run("generate", "--task", "macerals", "--seed", "4", "--out", tmp_path / folder)
        assert {"image.png", "truth.png", "labels.png", "strokes.json"} <= set(report["files"])
    for name in report["files"]:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
