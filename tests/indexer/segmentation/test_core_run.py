"""A whole core: sections in depth order, kept as they are done."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from facies.core.errors import (
    ConfigurationError,
    DepthError,
    ImageError,
    ModelMapsMismatchError,
    SegmentationModelError,
    UnknownClassError,
)
from facies.indexer.segmentation.bench import Bench
from facies.indexer.segmentation.core_order import CoreOrder
from facies.indexer.segmentation.core_run import CoreRun
from facies.indexer.segmentation.depth import Section
from facies.indexer.segmentation.generated_cores import GeneratedScene
from facies.indexer.segmentation.section_list import NamedInterval
from facies.models.segmentation.model_file import load_model, save_model

Tell = Callable[[str, int, int], None]


class Told:
    """Remembers the stages, and breaks off before a given one."""

    def __init__(self, stop_at: str = "") -> None:
        self.stages: list[str] = []
        self._stop_at = stop_at

    def __call__(self, stage: str, _done: int, _total: int) -> None:
        if stage not in self.stages:
            self.stages.append(stage)
        if self._stop_at and stage.startswith(self._stop_at):
            raise KeyboardInterrupt

    @property
    def named(self) -> list[str]:
        """Photographs that were named, in order."""
        return [stage.split()[1] for stage in self.stages if stage.startswith("naming")]


@pytest.fixture
def photographs(core_scene: GeneratedScene, tmp_path: Path) -> list[Path]:
    """The core cut into three: box1 above box2 above box3."""
    paths = []
    for number in range(3):
        paths.append(tmp_path / f"box{number + 1}.png")
        Image.fromarray(core_scene.image[64 * number : 64 * number + 64]).save(paths[-1])
    return paths


@pytest.fixture
def order(photographs: list[Path], core_model: Path, tmp_path: Path) -> CoreOrder:
    """Half a millimetre a pixel from 100 m, listed from the bottom."""
    sections = [Section(path, 100 + number * 0.1, mm_per_px=0.5) for number, path in enumerate(photographs)]
    return CoreOrder(core_model, tmp_path / "out", tuple(reversed(sections)), is_list=True)


def run(order: CoreOrder, bench: Bench, tell: Tell | None = None) -> dict[str, Any]:
    return CoreRun(order, bench, tell or Told()).run()


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_sections_come_in_depth_order_with_their_files(order: CoreOrder, bench: Bench) -> None:
    told = Told()
    report = run(order, bench, told)
    assert told.named == ["box1.png", "box2.png", "box3.png"]
    assert [one["top_m"] for one in report["sections"]] == pytest.approx([100.0, 100.1, 100.2])
    assert report["failed"] == []
    assert json.loads((order.out / "report.json").read_text()) == report
    named = {f"{one['folder']}/{name}" for one in report["sections"] for name in one["files"]}
    kept = {f"{one['folder']}/section.npz" for one in report["sections"]}
    assert set(content(order.out)) == named | kept | set(report["files"]) | {"report.json"}


def test_a_core_that_was_broken_off_goes_on_behind_the_last_finished_section(order: CoreOrder, bench: Bench) -> None:
    whole = run(replace(order, out=order.out.with_name("whole")), bench)
    with pytest.raises(KeyboardInterrupt):
        run(order, bench, Told(stop_at="naming box3.png"))
    told = Told()
    report = run(order, bench, told)
    assert told.named == ["box3.png"]
    assert report["sections_kept"] == 2
    assert {**report, "sections_kept": 0} == whole
    twice, once = content(order.out), content(order.out.with_name("whole"))
    timeless = {name for name in once if not name.endswith(("report.json", ".npz"))}
    assert {name: twice[name] for name in timeless} == {name: once[name] for name in timeless}


def test_a_finished_core_is_not_named_again_when_its_depths_are_corrected(order: CoreOrder, bench: Bench) -> None:
    run(order, bench)
    told = Told()
    deeper = tuple(replace(one, top_m=one.top_m + 5) for one in order.sections)
    report = run(replace(order, sections=deeper), bench, told)
    assert told.named == []
    assert report["sections_kept"] == 3
    assert report["sections"][0]["top_m"] == pytest.approx(105.0)


@pytest.mark.parametrize("name", ["mask.png", "section.npz"])
def test_a_section_whose_files_are_gone_is_named_again(order: CoreOrder, bench: Bench, name: str) -> None:
    run(order, bench)
    (order.out / "sections" / "box2" / name).unlink()
    told = Told()
    run(order, bench, told)
    assert told.named == ["box2.png"]
    assert (order.out / "sections" / "box2" / name).is_file()


def test_a_section_of_another_photograph_or_rule_is_named_again(
    order: CoreOrder, bench: Bench, photographs: list[Path]
) -> None:
    run(order, bench)
    Image.open(photographs[0]).transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(photographs[0])
    told = Told()
    run(order, bench, told)
    assert told.named == ["box1.png"]
    told = Told()
    run(replace(order, finds_rock=False), bench, told)
    assert len(told.named) == 3


def test_a_damaged_photograph_in_the_middle_is_reported_and_the_others_are_done(
    order: CoreOrder, bench: Bench, photographs: list[Path]
) -> None:
    whole = photographs[1].read_bytes()
    photographs[1].write_bytes(whole[: len(whole) // 2])
    report = run(order, bench)
    assert [one["image"] for one in report["sections"]] == ["box1.png", "box3.png"]
    assert [(one["image"], one["top_m"]) for one in report["failed"]] == [("box2.png", pytest.approx(100.1))]
    assert report["failed"][0]["reason"]
    rows = (order.out / "fractions_by_depth.csv").read_text().splitlines()
    assert any(row.startswith("100.11") for row in rows)  # the gap is kept as a gap
    photographs[1].write_bytes(whole)
    told = Told()
    assert run(order, bench, told)["failed"] == []
    assert told.named == ["box2.png"]


def test_a_core_without_a_single_readable_photograph_is_an_error(
    order: CoreOrder, bench: Bench, photographs: list[Path]
) -> None:
    for path in photographs:
        path.write_bytes(b"no image")
    with pytest.raises(ImageError):
        run(order, bench)


def test_photographs_of_one_name_are_told_apart_in_the_tables(
    order: CoreOrder, bench: Bench, photographs: list[Path], tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    namesake = photographs[1].rename(tmp_path / "other" / "box1.png")
    upper, lower = Section(photographs[0], 100.0, 100.1), Section(namesake, 100.1, 100.2)
    report = run(replace(order, sections=(upper, lower)), bench)
    assert [one["image"] for one in report["sections"]] == ["box1", "box1-2"]
    rows = (order.out / "fractions.csv").read_text().splitlines()
    assert {row.split(",")[0] for row in rows[1:]} == {"box1", "box1-2"}


def test_overlaps_and_too_many_bins_are_told_before_anything_is_named(order: CoreOrder, bench: Bench) -> None:
    told = Told()
    with pytest.raises(DepthError, match="expected at most"):
        run(replace(order, step_m=1e-9), bench, told)
    shallow = tuple(replace(one, top_m=100.0) for one in order.sections)
    with pytest.raises(DepthError, match="overlap"):
        run(replace(order, sections=shallow), bench, told)
    assert told.named == []


def test_a_photograph_alone_has_all_in_one_folder(order: CoreOrder, bench: Bench, photographs: list[Path]) -> None:
    report = run(replace(order, sections=(), image=photographs[0]), bench)
    assert report["files"] == ["fractions.csv"]
    assert report["sections"][0]["top_m"] is None
    assert (order.out / "mask.png").is_file()
    placed = run(replace(order, sections=(order.sections[-1],), is_list=False), bench)
    assert placed["sections_kept"] == 1
    assert "core.las" in placed["files"]


def test_curves_of_an_earlier_run_do_not_stay_beside_the_tables_of_a_later_one(
    order: CoreOrder, bench: Bench, photographs: list[Path]
) -> None:
    order.out.mkdir()
    (order.out / "depth_plot.png").write_bytes(b"somebody else's")
    alone = replace(order, sections=(), image=photographs[0])
    run(alone, bench)
    assert (order.out / "depth_plot.png").read_bytes() == b"somebody else's"
    run(replace(order, intervals=(NamedInterval(100.0, 100.2, "all"),)), bench)
    assert (order.out / "fractions_by_interval.csv").is_file()
    run(alone, bench)
    assert {path.name for path in order.out.iterdir() if path.suffix in {".csv", ".las"}} == {"fractions.csv"}
    assert not (order.out / "depth_plot.png").exists()


def test_photographs_of_another_scale_than_that_of_training_are_told_of(
    order: CoreOrder, bench: Bench, core_model: Path, tmp_path: Path
) -> None:
    scaled = tmp_path / "scaled.model"
    save_model(replace(load_model(core_model), mm_per_px=0.2), scaled)
    notes = run(replace(order, model=scaled), bench)["notes"]
    assert len([note for note in notes if "0.5 mm a pixel" in note and "trained at 0.2" in note]) == 3
    save_model(replace(load_model(core_model), mm_per_px=0.52), scaled)
    assert run(replace(order, model=scaled), bench)["notes"] == []


def test_a_smoothing_that_is_too_wide_is_told_of_or_refused_before_anything_is_named(
    order: CoreOrder, bench: Bench, core_model: Path, tmp_path: Path
) -> None:
    wide, by_mm = tmp_path / "wide.model", tmp_path / "mm.model"
    save_model(replace(load_model(core_model), smoothing_px=200.0), wide)
    for _ in range(2):  # named, and kept
        notes = run(replace(order, model=wide), bench)["notes"]
        assert len([note for note in notes if "radius of 200 pixels" in note]) == 3
    save_model(replace(load_model(core_model), smoothing_px=None, smoothing_mm=3.0), by_mm)
    tiny = replace(order.sections[-1], base_m=None, mm_per_px=1e-5)
    diary = Told()
    with pytest.raises(SegmentationModelError, match="3 mm at 1e-05 mm a pixel"):
        run(replace(order, model=by_mm, sections=(*order.sections[:-1], tiny)), bench, diary)
    assert diary.named == []


def test_models_that_do_not_suit_are_refused(order: CoreOrder, bench: Bench, core_model: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.model"
    save_model(replace(load_model(core_model), card="lite0-stem"), other)
    with pytest.raises(ModelMapsMismatchError):
        run(replace(order, model=other), bench)
    other.write_bytes(core_model.read_bytes()[:-1])
    with pytest.raises(SegmentationModelError):
        run(replace(order, model=other), bench)
    with pytest.raises(UnknownClassError, match="gravy"):
        run(replace(order, not_rock=("gravy",)), bench)


def test_a_file_is_no_folder(order: CoreOrder, bench: Bench) -> None:
    order.out.write_text("notes")
    with pytest.raises(ConfigurationError, match="is a file"):
        run(order, bench)


def test_rows_that_a_photograph_leaves_transparent_hold_no_rock(
    order: CoreOrder, bench: Bench, photographs: list[Path], tmp_path: Path
) -> None:
    clear = tmp_path / "clear.png"
    with Image.open(photographs[0]) as image:
        alpha = np.full((image.height, image.width), 255, np.uint8)
        alpha[: image.height // 4] = 0
        image.putalpha(Image.fromarray(alpha))
        image.save(clear)
    report = run(replace(order, sections=(), image=clear, finds_rock=False, out=tmp_path / "alone"), bench)
    (section,) = report["sections"]
    assert section["rock_share"] == pytest.approx(0.75)
    assert "25.0% of the picture is transparent" in section["rock_note"]
    rows = (tmp_path / "alone" / "fractions.csv").read_text().splitlines()
    assert rows[1].endswith(",,")
