"""What a job of segmentation can be told, and what is refused when it is ordered."""

from __future__ import annotations

import json
from typing import Any

import pytest

from facies.core.errors import JobParametersError
from facies.indexer.cli_segment import app
from facies.indexer.jobs.kinds import get_kind
from facies.indexer.segmentation.job_parameters import ACTIONS, SegmentParameters, TrainParameters

STROKES = {"image": "a.png", "strokes": [{"class": "sand", "width": 3, "points": [[1, 1], [2, 2]]}]}
ONE_LESSON = {"image": "/a.png", "labels": "/a.json"}
APPLY = {"action": "apply", "model": "job:0123456789ab/model.facies-seg"}
SECTION = {"image": "upload:a.png", "top_m": 1.0, "base_m": 2.0}


def read(**parameters: Any) -> Any:
    return get_kind("segment").read(parameters)


@pytest.mark.parametrize("name", sorted(ACTIONS.keys() - {"whole"}))  # which no command does
def test_an_action_takes_the_options_of_its_command_and_no_others(name: str) -> None:
    import typer

    command = typer.main.get_command(app).commands[name]  # type: ignore[attr-defined]  # of a group, which it is
    options = {option.name for option in command.params} - {"json", "out", "help"}
    fields = {field.alias or key for key, field in ACTIONS[name].model_fields.items()} - {"action", "within", "files"}
    assert fields == options


@pytest.mark.parametrize("name", ["train", "suggest", "apply", "generate"])
def test_what_is_left_out_is_as_on_the_command_line(name: str) -> None:
    import typer

    command = typer.main.get_command(app).commands[name]  # type: ignore[attr-defined]  # of a group, which it is
    defaults = {option.name: option.default for option in command.params if not option.required}
    for key, field in ACTIONS[name].model_fields.items():
        if (option := field.alias or key) in defaults:
            assert field.default in (defaults[option], defaults[option] or ()), option


def test_parameters_are_the_same_after_the_row_has_held_them() -> None:
    given = read(action="train", image="upload:a.png", labels=STROKES, validate=False, mm_per_px=0.5)
    kept, files = given.split_files()
    row = json.loads(json.dumps(kept.model_dump(mode="json")))
    assert row["validate"] is False
    assert row["labels"] == ["upload:strokes-1.json"]
    assert json.loads(files["strokes-1.json"]) == STROKES
    assert SegmentParameters.model_validate(row) == kept
    assert isinstance(kept, TrainParameters)


def test_one_or_several_photographs_each_with_its_labels() -> None:
    one = read(action="train", image="/a.png", labels="upload:a.csv")
    assert (one.image, one.labels) == (("/a.png",), ("upload:a.csv",))
    kept, files = read(action="train", image=["/a.png", "/b.png"], labels=["/a.PNG", STROKES]).split_files()
    assert kept.labels == ("/a.PNG", "upload:strokes-2.json")
    assert list(files) == ["strokes-2.json"]


def test_paths_are_told_apart_from_uploads_and_results_of_other_jobs() -> None:
    given = read(**APPLY, sections=[SECTION, {"image": "/b.png", "top_m": 2, "mm_per_px": 0.2}], intervals="/i.csv")
    assert set(given.places()) == {APPLY["model"], "upload:a.png", "/b.png", "/i.csv"}
    assert set(given.paths()) == {"/b.png", "/i.csv"}
    listed = read(**APPLY, sections="upload:core.csv", files=["upload:a.png", "upload:b.png"])
    assert set(listed.places()) == {APPLY["model"], "upload:core.csv", "upload:a.png", "upload:b.png"}


@pytest.mark.parametrize(
    ("parameters", "told"),
    [
        ({}, "action: Field required"),
        ({"action": "paint"}, "action: Input should be 'train'"),
        ({"action": ["train"]}, "action: Input should be"),
        ({"action": "train", "image": "/a.png"}, "1 images and 0 labels"),
        ({"action": "train"}, "give either image with labels, or images with masks"),
        ({"action": "train", "images": "/a", "masks": "/b", **ONE_LESSON}, "and not both"),
        ({"action": "train", "images": "/a"}, "images and masks go together"),
        ({"action": "train", "layers": "/a.csv", **ONE_LESSON}, "give images and masks too"),
        ({"action": "train", "network": "unet", **ONE_LESSON}, "network needs the task macerals"),
        ({"action": "train", "image": [], "labels": []}, "image: Value should have at least 1 item"),
        ({"action": "train", "image": ["/a.png", "/b.png"], "labels": "/a.json"}, "2 images and 1 labels"),
        ({"action": "train", "image": "/a.png", "labels": "/a.tif"}, "labels are read from .json, .png, .csv"),
        ({"action": "train", "image": "/a.png", "labels": {"strokes": []}}, "no pixel is labelled"),
        ({"action": "train", "image": "/a.png", "labels": {"lines": []}}, "it has no list `strokes`"),
        ({"action": "train", "image": "/a.png", "labels": STROKES, "card": "lite0-stom"}, "Did you mean lite0-stem"),
        ({"action": "train", "image": "/a.png", "labels": STROKES, "tress": 3}, "tress: Extra inputs"),
        ({"action": "train", "image": "/a.png", "labels": STROKES, "smoothing_px": -1}, "smoothing_px"),
        ({"action": "train", "image": "/a.png", "labels": STROKES, "smoothing_px": 1e18}, "to 1000 pixels"),
        ({"action": "train", "image": "/a.png", "labels": STROKES, "unlabelled": 256}, "unlabelled"),
        (APPLY, "give either image or sections"),
        ({**APPLY, "image": "/a.png", "sections": "/s.csv"}, "give either image or sections"),
        ({**APPLY, "sections": "/s.csv", "top_m": 3}, "depths and scales of their own"),
        ({**APPLY, "sections": "/s.csv", "mm_per_px": 3}, "depths and scales of their own"),
        ({**APPLY, "image": ["/a.png", "/b.png"], "top_m": 3, "base_m": 4}, "give them as sections"),
        ({**APPLY, "image": "/a.png", "mm_per_px": 1e-300}, "expected millimetres a pixel"),
        ({**APPLY, "image": "/a.png", "um_per_px": 1e-200}, "expected micrometres a pixel"),
        ({**APPLY, "sections": [{"image": "/a.png", "top_m": 1, "mm_per_px": 1e9}]}, "expected millimetres a pixel"),
        ({"action": "train", "image": "/a.png", "labels": STROKES, "mm_per_px": 1e9}, "expected millimetres a pixel"),
        ({"action": "suggest", "model": "/m", "image": "/a.png", "mm_per_px": 1e9}, "expected millimetres a pixel"),
        ({**APPLY, "sections": []}, "sections"),
        ({**APPLY, "sections": [{**SECTION, "base_m": 0.5}]}, "depths grow downwards"),
        ({**APPLY, "sections": [{**SECTION, "mm_per_px": 0.5}]}, "has both of base_m and mm_per_px"),
        ({**APPLY, "sections": [SECTION], "files": "upload:a.png"}, "files are the images of a list"),
        ({**APPLY, "image": "/a.png", "base_m": 3}, "base_m is given without top_m"),
        ({**APPLY, "image": "/a.png", "top_m": 3}, "has neither of base_m and mm_per_px"),
        ({**APPLY, "image": "/a.png", "intervals": "/i.csv"}, "fractions by interval need depths"),
        ({**APPLY, "image": "/a.png", "step_m": 0}, "step_m"),
        ({**APPLY, "image": "/a.png", "step_m": float("inf")}, "step_m"),
        ({"action": "evaluate", "mask": ["/a.png", "/b.png"], "truth": "/c.png"}, "2 masks and 1 truths"),
        ({"action": "evaluate"}, "give either mask with truth, or images with masks"),
        ({"action": "evaluate", "images": "/a", "masks": "/b"}, "the task macerals and leave_one_out"),
        ({"action": "evaluate", "mask": "/a.png", "truth": "/b.png", "background": "resin"}, "masks hold ids"),
        ({"action": "evaluate", "mask": "/a.png", "truth": "/b.png", "background": 256}, "masks hold ids"),
        ({"action": "suggest", "model": "/m", "image": "/a.png", "labels": {"strokes": 3}}, "no list `strokes`"),
        ({"action": "generate", "count": 0}, "count"),
    ],
)
def test_what_cannot_do_is_refused_when_it_is_ordered(parameters: dict[str, Any], told: str) -> None:
    with pytest.raises(JobParametersError) as refused:
        read(**parameters)
    assert told in refused.value.message


DEEPER = {"image": "/core-1.png", "top_m": 5, "base_m": 4}
STROKE = {"class": "sand", "width": -3, "points": [[1, 1]]}


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        (
            {**APPLY, "sections": [SECTION, DEEPER]},
            "sections.1: section core-1.png has its base at 4 m, expected below its top at 5 m; depths grow downwards",
        ),
        (
            {**APPLY, "sections": [{**SECTION, "top": 1}]},
            "sections.0.top: Extra inputs are not permitted, got 1",
        ),
        ({**APPLY, "sections": 3}, "sections: Input should be a valid tuple, got 3"),
        ({**APPLY, "sections": ""}, "sections: String should have at least 1 character, got ''"),
        (
            {**APPLY, "sections": [SECTION], "intervals": [{"top_m": 1}]},
            "intervals.0.base_m: Field required, got {'top_m': 1}",
        ),
        (
            {"action": "suggest", "model": "/m", "image": "/a.png", "labels": {"strokes": [STROKE]}},
            "labels: stroke 0 has the width -3, expected more than 0 and less than 1,000,000,000 pixels. "
            "Correct it and try again",
        ),
        (
            {"action": "train", "image": ["/a.png", "/b.png"], "labels": ["/a.json", {"strokes": [STROKE]}]},
            "labels, file 2: stroke 0 has the width -3, expected more than 0 and less than 1,000,000,000 pixels. "
            "Correct it and try again",
        ),
        (
            {"action": "train", "image": "/a.png", "labels": "/a.tif"},
            "labels are read from .json, .png, .csv files, or stand in the order as strokes, got '/a.tif'",
        ),
        ({**APPLY, "image": "/a.png", "sections": "/s.csv"}, "give either image or sections, and not both"),
    ],
)
def test_a_refusal_is_one_sentence_in_the_words_of_the_command(parameters: dict[str, Any], said: str) -> None:
    with pytest.raises(JobParametersError) as refused:
        read(**parameters)
    before, after = "a job of kind 'segment' cannot be ordered so: ", ". docs/jobs.md lists them."
    assert refused.value.message == f"{before}{said}{after}"


def test_a_background_is_a_name_or_a_number() -> None:
    given = {"action": "evaluate", "mask": "/a.png", "truth": "/b.png"}
    assert read(**given, background=3).background_id == read(**given, background="3").background_id == 3
    assert read(**given).background_id is None
    folders = {"action": "evaluate", "task": "macerals", "images": "/a", "masks": "/b", "leave_one_out": True}
    assert read(**folders, background="resin").background == "resin"


def test_what_is_of_the_other_task_is_told() -> None:
    given = read(**APPLY, image="/a.png", um_per_px=0.5, views="flips", well="A-1")
    assert given.foreign("core") == ["um_per_px", "views"]
    assert given.foreign("macerals") == ["well"]
    row = given.model_dump(mode="json")
    assert SegmentParameters.model_validate(row).foreign("macerals") == ["well"]  # type: ignore[attr-defined]  # of apply


def test_segmentation_waits_for_no_collection() -> None:
    kind = get_kind("segment")
    assert kind.turn_of(kind.read({"action": "generate"})) is None
    assert kind.needs == "any"
