"""``facies segment`` as a person calls it: a core from strokes to intervals, broken off and gone on with."""

from __future__ import annotations

import threading
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from facies.indexer.segmentation import section_run
from tests.indexer.segment_command import HEIGHT, WIDTH, call, run

pytestmark = pytest.mark.usefixtures("command_data")


@pytest.fixture
def boxes(command_core: Path, tmp_path: Path) -> Path:
    """The core in three photographs, and a list of them."""
    image = Image.open(command_core / "image.png")
    rows = ["image,top_m,mm_per_px"]
    for number in range(3):
        image.crop((0, 64 * number, WIDTH, 64 * number + 64)).save(tmp_path / f"box{number + 1}.png")
        rows.append(f"box{number + 1}.png,{100 + number * 0.1:.1f},0.5")
    (tmp_path / "boxes.csv").write_text("\n".join(rows))
    return tmp_path / "boxes.csv"


def test_a_core_goes_from_strokes_to_intervals(command_core: Path, command_model: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    report = run("apply", "--model", command_model, "--image", command_core / "image.png", "--out", out)
    assert {"mask.png", "uncertainty.png", "fractions.csv"} <= {path.name for path in out.iterdir()}
    assert report["sections"][0]["height"] == HEIGHT
    scores = run("evaluate", "--mask", out / "mask.png", "--truth", command_core / "truth.png")
    assert scores["macro_f1"] > 0.8
    assert {"micro_dice", "micro_jaccard", "per_class", "images"} <= scores.keys()
    places = run(
        "suggest", "--model", command_model, "--image", command_core / "image.png", "--count", "3", "--radius-px", "6"
    )
    assert 0 < len(places["suggestions"]) <= 3


def test_a_list_of_photographs_becomes_a_core_by_depth(command_model: Path, boxes: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    (tmp_path / "asked.csv").write_text("top_m,base_m,name\n100,100.2,upper\n")
    options = ("--intervals", tmp_path / "asked.csv", "--well", "A-1", "--step-m", "0.02", "--rock", "all")
    report = run("apply", "--model", command_model, "--sections", boxes, "--out", out, *options)
    assert [one["folder"] for one in report["sections"]] == ["sections/box1", "sections/box2", "sections/box3"]
    assert {"core.las", "intervals.csv", "depth_plot.png", "fractions_by_interval.csv"} <= set(report["files"])
    shown = call("apply", "--model", command_model, "--sections", boxes, "--out", out, *options)
    assert shown.exit_code == 0
    assert "3 of 3 sections were done before" in shown.output


def test_a_damaged_photograph_in_the_middle_is_reported_and_the_others_are_done(
    command_model: Path, boxes: Path
) -> None:
    whole = boxes.with_name("box2.png").read_bytes()
    boxes.with_name("box2.png").write_bytes(whole[: len(whole) // 2])
    out = boxes.with_name("out")
    report = run("apply", "--model", command_model, "--sections", boxes, "--out", out, status=1)
    assert [one["image"] for one in report["failed"]] == ["box2.png"]
    assert [one["image"] for one in report["sections"]] == ["box1.png", "box3.png"]
    assert (out / "sections" / "box3" / "mask.png").is_file()
    assert (out / "core.las").is_file()


def test_ctrl_c_in_the_middle_ends_in_good_order_and_the_same_command_goes_on(
    command_model: Path, boxes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = boxes.with_name("out")
    named: list[str] = []
    stop = threading.Event()
    real = section_run.name_section

    def stop_in_the_second(bench: Any, trained: Any, picture: Any, **options: Any) -> Any:
        named.append(picture.name)
        if len(named) == 2:
            stop.set()
        return real(bench, trained, picture, **options)

    # What Ctrl-C sets, see tests/indexer/test_interrupts.py; the process of the tests is not signalled.
    monkeypatch.setattr("facies.indexer.segmentation.stage_bar.stop_on_interrupt", lambda _: nullcontext(stop))
    monkeypatch.setattr("facies.indexer.segmentation.core_run.name_section", stop_in_the_second)
    stopped = call("apply", "--model", command_model, "--sections", boxes, "--out", out)
    assert stopped.exit_code == 130
    assert "the same command goes on" in stopped.output
    assert not (out / "report.json").exists()
    stop.clear()
    report = run("apply", "--model", command_model, "--sections", boxes, "--out", out)
    assert named == ["box1.png", "box2.png", "box2.png", "box3.png"]
    assert report["sections_kept"] == 1
