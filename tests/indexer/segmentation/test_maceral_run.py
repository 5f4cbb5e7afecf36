"""Photomicrographs from a model to tables: the real network, small drawn scenes."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from facies.core.errors import ConfigurationError, ImageError, SegmentationModelError, UnknownClassError
from facies.indexer.segmentation.bench import Bench
from facies.indexer.segmentation.maceral_order import MaceralOrder
from facies.indexer.segmentation.maceral_run import MaceralRun
from facies.indexer.segmentation.regions import find_components
from facies.models.segmentation.model_file import load_model, save_model
from tests.indexer.segmentation.maceral_scenes import SIDE_PX, train_on_masks


@pytest.fixture(scope="module")
def model(house: Path, bench_of_macerals: Bench) -> Path:
    path = house / "macerals.model"
    save_model(train_on_masks(house, bench_of_macerals).model, path)
    return path


class Diary:
    """Remembers what it is told; breaks a run off before the picture that it is asked to."""

    def __init__(self, breaks_before: str = "") -> None:
        self.named: list[str] = []
        self._breaks_before = breaks_before

    def __call__(self, stage: str, done: int, total: int) -> None:
        assert 0 <= done <= total
        if stage.startswith("naming"):
            name = stage.split()[1]
            if name == self._breaks_before:
                raise KeyboardInterrupt
            if name not in self.named:
                self.named.append(name)


def images(house: Path) -> tuple[Path, ...]:
    return tuple(sorted((house / "images").iterdir()))


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def run(order: MaceralOrder, bench: Bench, diary: Diary | None = None) -> dict[str, Any]:
    return MaceralRun(order, bench, diary or Diary()).run()


def ids(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path))


def test_one_image_gives_its_files_beside_each_other(
    house: Path, model: Path, bench_of_macerals: Bench, tmp_path: Path
) -> None:
    report = run(MaceralOrder(model, images(house)[:1], tmp_path / "out"), bench_of_macerals)
    there = {path.name for path in (tmp_path / "out").iterdir()}
    assert there >= {"mask.png", "uncertainty.png", "overlay.jpg", "regions.csv", "macerals.csv", "report.json"}
    assert json.loads((tmp_path / "out" / "report.json").read_text()) == report
    truth = ids(house / "masks" / "0000.png")
    mask = ids(tmp_path / "out" / "mask.png")
    assert (mask == truth).mean() > 0.85  # learnt from, so that it is no score; a wrong turn or order is far below
    rows = read_csv(tmp_path / "out" / "macerals.csv")
    assert {int(row["class"]): int(row["area_px"]) for row in rows} == {
        number: int((mask == number).sum()) for number in range(4)
    }
    assert sum(float(row["percent_of_image"]) for row in rows) == pytest.approx(100, abs=1e-3)
    assert sum(float(row["percent_of_foreground"] or 0) for row in rows) == pytest.approx(100, abs=1e-3)
    assert "area_um2" not in rows[0]


def test_regions_are_those_of_the_mask(house: Path, model: Path, bench_of_macerals: Bench, tmp_path: Path) -> None:
    order = MaceralOrder(model, images(house)[:1], tmp_path, um_per_px=0.5, min_area_um2=10, max_hole_um2=5)
    report = run(order, bench_of_macerals)
    mask = ids(tmp_path / "mask.png").astype(np.int64)
    components = find_components(mask)
    foreground = components.classes != 0
    rows = read_csv(tmp_path / "regions.csv")
    assert sorted(int(row["area_px"]) for row in rows) == sorted(components.areas_px[foreground].tolist())
    assert min(float(row["area_um2"]) for row in rows) >= 10
    assert all(float(row["area_um2"]) == pytest.approx(int(row["area_px"]) / 4, rel=1e-5) for row in rows)
    assert report["images"][0]["removed_regions"] > 0
    assert (report["min_area_px"], report["max_hole_px"]) == (40, 20)


def test_several_images_have_folders_of_their_own_and_pooled_totals(
    house: Path, model: Path, bench_of_macerals: Bench, tmp_path: Path
) -> None:
    report = run(MaceralOrder(model, images(house), tmp_path, min_area_px=20), bench_of_macerals)
    folders = [tmp_path / one["folder"] for one in report["images"]]
    assert [folder.name for folder in folders] == ["001-0000", "002-0001", "003-0002"]
    each = [read_csv(folder / "macerals.csv") for folder in folders]
    pooled = read_csv(tmp_path / "macerals.csv")
    for at, row in enumerate(pooled):
        assert int(row["area_px"]) == sum(int(one[at]["area_px"]) for one in each)
    regions = read_csv(tmp_path / "regions.csv")
    assert {row["image"] for row in regions} == {"0000.png", "0001.png", "0002.png"}
    assert len(regions) == sum(len(read_csv(folder / "regions.csv")) for folder in folders)


def test_an_image_that_cannot_be_read_is_told_of_and_the_rest_is_done(
    house: Path, model: Path, bench_of_macerals: Bench, tmp_path: Path
) -> None:
    (tmp_path / "broken.png").write_bytes(images(house)[0].read_bytes()[:900])
    order = MaceralOrder(model, (tmp_path / "broken.png", images(house)[1]), tmp_path / "out")
    report = run(order, bench_of_macerals)
    assert [one["image"] for one in report["images"]] == ["0001.png"]
    assert [one["image"] for one in report["failed"]] == ["broken.png"]
    with pytest.raises(ImageError, match="broken"):
        run(replace(order, images=order.images[:1]), bench_of_macerals)


def test_a_run_that_was_broken_off_goes_on_behind_the_last_image(
    house: Path, model: Path, bench_of_macerals: Bench, tmp_path: Path
) -> None:
    order = MaceralOrder(model, images(house), tmp_path / "out")
    first = Diary(breaks_before="0002.png")
    with pytest.raises(KeyboardInterrupt):
        run(order, bench_of_macerals, first)
    assert first.named == ["0000.png", "0001.png"]
    second = Diary()
    report = run(order, bench_of_macerals, second)
    assert second.named == ["0002.png"]
    assert report["images_kept"] == 2
    whole = run(replace(order, out=tmp_path / "whole"), bench_of_macerals)
    assert {**report, "images_kept": 0} == whole
    assert (tmp_path / "out" / "regions.csv").read_bytes() == (tmp_path / "whole" / "regions.csv").read_bytes()
    other = Diary()
    run(replace(order, min_area_px=50), bench_of_macerals, other)
    assert other.named == ["0000.png", "0001.png", "0002.png"]


def test_files_that_were_lost_or_damaged_are_made_again(
    house: Path, model: Path, bench_of_macerals: Bench, tmp_path: Path
) -> None:
    order = MaceralOrder(model, images(house)[:2], tmp_path)
    report = run(order, bench_of_macerals)
    first, second = (tmp_path / one["folder"] for one in report["images"])
    (first / "mask.png").unlink()
    (second / "image.json").write_text('{"fingerprint": ')
    diary = Diary()
    run(order, bench_of_macerals, diary)
    assert diary.named == ["0000.png", "0001.png"]
    assert (first / "mask.png").is_file()


def test_images_of_one_name_are_told_apart(house: Path, model: Path, bench_of_macerals: Bench, tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    twin = tmp_path / "b" / "0000.png"
    twin.write_bytes(images(house)[1].read_bytes())
    report = run(MaceralOrder(model, (images(house)[0], twin), tmp_path / "out"), bench_of_macerals)
    assert [one["image"] for one in report["images"]] == ["001-0000", "002-0000"]


def test_views_change_little_and_a_turned_image_gives_the_turned_mask(
    house: Path, model: Path, bench_of_macerals: Bench, tmp_path: Path
) -> None:
    turned = tmp_path / "turned.png"
    Image.fromarray(np.rot90(np.asarray(Image.open(images(house)[0])))).save(turned)

    def mask(picture: Path, views: str) -> np.ndarray:
        out = tmp_path / f"{picture.stem}-{views}"
        run(MaceralOrder(model, (picture,), out, views=views), bench_of_macerals)
        return ids(out / "mask.png")

    plain, viewed = mask(images(house)[0], "none"), mask(images(house)[0], "all")
    assert plain.shape == (SIDE_PX, SIDE_PX)
    assert 0.9 < (plain == viewed).mean() < 1
    np.testing.assert_array_equal(mask(turned, "all"), np.rot90(viewed))


def test_the_background_is_that_of_training_unless_another_is_named(
    house: Path, model: Path, bench_of_macerals: Bench, tmp_path: Path
) -> None:
    order = MaceralOrder(model, images(house)[:1], tmp_path, background="vitrinite")
    report = run(order, bench_of_macerals)
    assert report["background"] == 2
    assert [one["name"] for one in report["macerals"] if one["regions"] is None] == ["vitrinite"]
    with pytest.raises(UnknownClassError, match="--background"):
        run(replace(order, background="pyrite"), bench_of_macerals)


def test_a_model_of_cores_and_what_is_no_model_are_refused(
    house: Path, model: Path, bench_of_macerals: Bench, tmp_path: Path
) -> None:
    save_model(replace(load_model(model), task="core"), tmp_path / "core.model")
    (tmp_path / "text.model").write_text("hello")
    wrong: Sequence[tuple[str, str]] = (("core", "not for macerals"), ("text", "no model"), ("none", "cannot be read"))
    for name, said in wrong:
        order = MaceralOrder(tmp_path / f"{name}.model", images(house)[:1], tmp_path / "out")
        with pytest.raises(SegmentationModelError, match=said):
            run(order, bench_of_macerals)


def test_an_image_that_is_given_twice_is_refused(
    house: Path, model: Path, bench_of_macerals: Bench, tmp_path: Path
) -> None:
    first, other = images(house)[:2]
    copy, broken = tmp_path / "copy.png", (tmp_path / "a.png", tmp_path / "b.png")
    copy.write_bytes(first.read_bytes())
    for twice in ((first, first), (first, other, copy)):
        with pytest.raises(
            ConfigurationError, match=rf"0000\.png is given more than once.*{twice[-1].name}: the files"
        ):
            run(MaceralOrder(model, twice, tmp_path / "out"), bench_of_macerals)
    assert not (tmp_path / "out").exists()
    for path in broken:
        path.write_bytes(b"")
    report = run(MaceralOrder(model, (*broken, tmp_path / "gone.png", first), tmp_path / "out"), bench_of_macerals)
    assert [one["image"] for one in report["failed"]] == ["a.png", "b.png", "gone.png"]


def test_what_is_read_is_never_written_over(house: Path, model: Path, bench_of_macerals: Bench, tmp_path: Path) -> None:
    images = tmp_path / "images" / "001-mask"
    images.mkdir(parents=True)
    alone, one, other = tmp_path / "mask.png", images / "regions.csv", house / "images" / "0001.png"
    for path in (alone, one):
        path.write_bytes((house / "images" / "0000.png").read_bytes())
    kept = tmp_path / "macerals.csv"
    kept.write_bytes(model.read_bytes())
    for wanted in (
        MaceralOrder(model, (alone,), tmp_path),
        MaceralOrder(model, (alone, one), tmp_path),
        MaceralOrder(kept, (other,), tmp_path),
    ):
        with pytest.raises(ConfigurationError, match="would be written over"):
            run(wanted, bench_of_macerals)
    assert alone.read_bytes() == one.read_bytes() == (house / "images" / "0000.png").read_bytes()
    assert kept.read_bytes() == model.read_bytes()


def test_a_smoothing_that_is_wider_than_an_image_is_noted(
    house: Path, model: Path, bench_of_macerals: Bench, tmp_path: Path
) -> None:
    wide = tmp_path / "wide.model"
    save_model(replace(load_model(model), smoothing_px=SIDE_PX + 1.0), wide)
    assert run(MaceralOrder(model, images(house)[:1], tmp_path / "a"), bench_of_macerals)["notes"] == []
    (note,) = run(MaceralOrder(wide, images(house)[:1], tmp_path / "b"), bench_of_macerals)["notes"]
    assert f"0000.png: the smoothing has a radius of {SIDE_PX + 1} pixels" in note
