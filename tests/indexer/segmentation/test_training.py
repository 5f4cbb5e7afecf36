"""From labelled pixels to a model."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from facies.core.errors import (
    ConfigurationError,
    SegmentationError,
    TooFewClassesError,
    UnknownCardError,
    UnknownClassError,
)
from facies.core.segmentation import ClassTable
from facies.core.segmentation.class_files import write_class_table
from facies.indexer.segmentation.bench import Bench
from facies.indexer.segmentation.generated_cores import generate_core
from facies.indexer.segmentation.generated_files import write_scene
from facies.indexer.segmentation.training import Lesson, Training, TrainingOrder, pair_lessons, train
from facies.models.segmentation.model_file import pack_model


def content(training: Training) -> bytes:
    """The model without what differs between two runs of the same training and says nothing about the classifier."""
    return pack_model(replace(training.model, created="", report={}))


def test_strokes_in_another_order_train_the_same_model_to_the_last_byte(
    core_order: TrainingOrder, core_folder: Path, bench: Bench, tmp_path: Path
) -> None:
    listed = json.loads((core_folder / "strokes.json").read_text())
    order = np.random.default_rng(5).permutation(len(listed["strokes"]))
    assert not np.array_equal(order, np.arange(len(order)))
    listed["strokes"] = [listed["strokes"][at] for at in order]
    (tmp_path / "shuffled.json").write_text(json.dumps(listed))
    shuffled = replace(core_order, lessons=(Lesson(core_folder / "image.png", tmp_path / "shuffled.json"),))
    trained = content(train(core_order, bench))
    assert content(train(shuffled, bench)) == trained
    assert content(train(replace(core_order, seed=1), bench)) != trained


def test_strokes_and_the_label_image_of_them_train_the_same_model(
    core_order: TrainingOrder, core_folder: Path, bench: Bench
) -> None:
    table = core_folder / "classes.json"
    lessons = [(Lesson(core_folder / "image.png", core_folder / name),) for name in ("strokes.json", "labels.png")]
    models = [content(train(replace(core_order, lessons=one, classes=table), bench)) for one in lessons]
    assert models[0] == models[1]


def test_the_report_counts_what_was_learnt_from(core_order: TrainingOrder, bench: Bench) -> None:
    training = train(replace(core_order, is_validated=True), bench)
    report = training.report
    assert report == training.model.report
    assert [one["id"] for one in report["classes"]] == [0, 1, 2]
    assert report["labelled_pixels"] == sum(one["labelled_pixels"] for one in report["classes"])
    assert report["labelled_share"] == pytest.approx(report["labelled_pixels"] / (192 * 64))
    assert 0 <= report["grouped_cv_f1"] <= 1
    assert 0 <= report["poster_f1"] <= 1
    assert report["cpu_s"] > 0
    assert json.loads(json.dumps(report, allow_nan=False)) == report


def test_without_validation_there_is_no_score(core_order: TrainingOrder, bench: Bench) -> None:
    report = train(core_order, bench).report
    assert "poster_f1" not in report
    assert "grouped_cv_f1" not in report


def test_two_pictures_teach_one_model(
    core_order: TrainingOrder, core_folder: Path, bench: Bench, tmp_path: Path
) -> None:
    write_scene(generate_core(4, height=192, width=64, classes=3), tmp_path)
    other = Lesson(tmp_path / "image.png", tmp_path / "labels.png")
    both = replace(core_order, lessons=(core_order.lessons[0], other), classes=core_folder / "classes.json")
    training = train(both, bench)
    alone = [train(replace(both, lessons=(lesson,)), bench).report["labelled_pixels"] for lesson in both.lessons]
    assert training.report["images"] == 2
    assert training.report["labelled_pixels"] == sum(alone)
    assert len(training.model.trained_on) == 2


def test_a_picture_that_is_given_twice_with_the_same_labels_is_refused(
    core_order: TrainingOrder, core_folder: Path, bench: Bench, tmp_path: Path
) -> None:
    lesson, copy = core_order.lessons[0], tmp_path / "copy.tif"
    with Image.open(core_folder / "image.png") as image:
        image.save(copy)
    for twice in (
        lesson,
        Lesson(copy, core_folder / "strokes.json"),
        Lesson(core_folder / "image.png", core_folder / "labels.png"),
    ):
        order = replace(core_order, lessons=(lesson, twice), classes=core_folder / "classes.json")
        with pytest.raises(ConfigurationError, match=r"is given twice: .*image\.png"):
            train(order, bench)


def test_two_files_of_labels_for_one_picture_are_one_lesson(
    core_order: TrainingOrder, core_folder: Path, bench: Bench, tmp_path: Path
) -> None:
    listed = json.loads((core_folder / "strokes.json").read_text())
    (tmp_path / "first.json").write_text(json.dumps({**listed, "strokes": listed["strokes"][:-1]}))
    lessons = tuple(
        Lesson(core_folder / "image.png", path) for path in (tmp_path / "first.json", core_folder / "strokes.json")
    )
    apart = train(replace(core_order, lessons=lessons, is_validated=True), bench)
    whole = train(replace(core_order, is_validated=True), bench)
    for figure in ("images", "labelled_pixels", "labelled_share", "grouped_cv_f1"):
        assert apart.report[figure] == whole.report[figure], figure
    assert apart.model.trained_on == whole.model.trained_on
    assert any("first.json and strokes.json label the same picture" in note for note in apart.report["notes"])


def test_stages_are_told_and_may_break_off(core_order: TrainingOrder, bench: Bench) -> None:
    told: list[str] = []

    def stop_at_scores(stage: str, _done: int, _total: int) -> None:
        told.append(stage)
        if stage == "holding labels out":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(replace(core_order, is_validated=True), bench, stop_at_scores)
    assert list(dict.fromkeys(told)) == [
        "reading labels",
        "computing maps",
        "fitting",
        "looking at the pictures",
        "holding labels out",
    ]


def test_a_smoothing_that_is_given_takes_the_place_of_the_default(core_order: TrainingOrder, bench: Bench) -> None:
    assert train(core_order, bench).model.smoothing_px == 8.0
    by_mm = train(replace(core_order, smoothing_mm=2.0), bench).model
    assert (by_mm.smoothing_mm, by_mm.smoothing_px) == (2.0, None)
    assert train(replace(core_order, smoothing_px=0.0), bench).model.smoothing_px == 0.0


def test_a_class_that_nobody_drew_is_told_of(
    core_order: TrainingOrder, core_folder: Path, bench: Bench, tmp_path: Path
) -> None:
    known = json.loads((core_folder / "classes.json").read_text())["classes"]
    names = [one["name"] for one in known]
    (tmp_path / "more.json").write_text(write_class_table(ClassTable.of_names([*names, "evaporite"])))
    points = "x,y,class\n" + "".join(f"{10 + at},10,{name}\n" for at, name in enumerate(names))
    (tmp_path / "points.csv").write_text(points)
    lesson = Lesson(core_folder / "image.png", tmp_path / "points.csv")
    report = train(replace(core_order, lessons=(lesson,), classes=tmp_path / "more.json"), bench).report
    assert any("evaporite" in note and "never" in note for note in report["notes"])


def test_what_cannot_be_learnt_from_is_refused(
    core_order: TrainingOrder, core_folder: Path, bench: Bench, tmp_path: Path
) -> None:
    image = core_folder / "image.png"
    stroke = {"class": "sand", "width": 3, "points": [[5, 5], [20, 9]]}
    (tmp_path / "one.json").write_text(json.dumps({"strokes": [stroke]}))
    one_class = replace(core_order, lessons=(Lesson(image, tmp_path / "one.json"),))
    with pytest.raises(TooFewClassesError, match="'sand' only"):
        train(one_class, bench)
    with pytest.raises(UnknownClassError, match="sand"):
        train(replace(one_class, classes=core_folder / "classes.json"), bench)
    with pytest.raises(UnknownCardError):
        train(replace(core_order, card="lite9-stem"), bench)


@pytest.mark.parametrize(
    "how",
    [
        {"smoothing_px": 1e18},
        {"smoothing_px": float("nan")},
        {"smoothing_mm": 1e18},
        {"smoothing_mm": float("inf")},
        {"smoothing_mm": 5.0, "mm_per_px": 0.001},
    ],
)
def test_a_radius_that_makes_no_sense_is_refused_before_training(
    core_order: TrainingOrder, how: dict[str, Any]
) -> None:
    with pytest.raises(SegmentationError, match="to 1000 pixels"):
        replace(core_order, **how)


def test_images_and_labels_come_in_pairs() -> None:
    with pytest.raises(ConfigurationError, match="2 images and 1 files of labels"):
        pair_lessons([Path("a"), Path("b")], [Path("c")])
    assert pair_lessons([Path("a")], [Path("c")]) == (Lesson(Path("a"), Path("c")),)
