"""Leave-one-image-out on small drawn scenes, with the real network."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from facies.core.errors import ConfigurationError, SegmentationError
from facies.indexer.segmentation.bench import Bench
from facies.indexer.segmentation.leave_one_out import LEAK
from facies.indexer.segmentation.maceral_scoring import ScoringOrder, score_macerals
from tests.indexer.segmentation.maceral_scenes import COUNT, SIDE_PX, source_of, train_on_masks


@pytest.fixture(scope="module")
def order(house: Path) -> ScoringOrder:
    return ScoringOrder(source_of(house), trees=15, pixels_per_class=80, is_within_image=True)


@pytest.fixture(scope="module")
def report(order: ScoringOrder, bench_of_macerals: Bench) -> dict[str, Any]:
    return score_macerals(order, bench_of_macerals, lambda *_: None)


def test_scores_are_pooled_over_all_pixels_of_all_images(report: dict[str, Any]) -> None:
    assert report["images"] == len(report["per_image"]) == COUNT
    assert report["pixels"] == COUNT * SIDE_PX**2
    counts = np.array(report["confusion"]["truth_by_mask"])
    front = np.array(report["confusion"]["ids"]) != report["background"]
    hits = np.diag(counts)[front].sum()
    both = counts.sum(0)[front].sum() + counts.sum(1)[front].sum()
    assert report["micro_dice"] == pytest.approx(2 * hits / both)
    assert report["micro_jaccard"] == pytest.approx(report["micro_dice"] / (2 - report["micro_dice"]))
    assert report["micro_dice_with_background"] == pytest.approx(np.trace(counts) / counts.sum())


def test_macerals_are_found_on_images_that_nothing_was_learnt_from(report: dict[str, Any]) -> None:
    assert report["micro_dice"] > 0.5
    assert report["protocol"].startswith("leave-one-image-out")


def test_the_score_that_leaks_has_a_name_that_says_so_and_comes_only_when_asked_for(
    report: dict[str, Any], order: ScoringOrder, bench_of_macerals: Bench
) -> None:
    assert report["within_image_leaks"]["note"] == LEAK
    assert report["within_image_leaks"]["pixels"] < report["pixels"]
    plain = score_macerals(replace(order, is_within_image=False), bench_of_macerals, lambda *_: None)
    assert "within_image_leaks" not in plain
    assert plain["confusion"] == report["confusion"]


def test_the_report_is_json(report: dict[str, Any]) -> None:
    assert json.loads(json.dumps(report)) == report


def test_no_pixel_of_the_image_itself_is_learnt_from(
    house: Path, order: ScoringOrder, bench_of_macerals: Bench, tmp_path: Path
) -> None:
    """Where the mask of one image is exchanged, only the others' predictions may change."""
    shutil.copytree(house, tmp_path / "other")
    wrong = tmp_path / "other" / "masks" / "0001.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 4, (SIDE_PX, SIDE_PX), np.uint8)).save(wrong)
    named: dict[str, list[Any]] = {}
    for folder in (house, tmp_path / "other"):
        told = replace(order, source=source_of(folder), is_within_image=False)
        found = score_macerals(told, bench_of_macerals, lambda *_: None)
        named[folder.name] = [one["mask_pixels"] for one in found["per_image"]]
    before, after = named.values()
    assert before[1] == after[1]
    assert before[0] != after[0]


def test_views_are_averaged(order: ScoringOrder, report: dict[str, Any], bench_of_macerals: Bench) -> None:
    viewed = score_macerals(replace(order, views="flips", is_within_image=False), bench_of_macerals, lambda *_: None)
    assert viewed["confusion"] != report["confusion"]
    assert viewed["micro_dice"] > report["micro_dice"] - 0.05


def test_the_smoothing_is_that_of_the_masks_unless_one_is_named(
    order: ScoringOrder, report: dict[str, Any], bench_of_macerals: Bench
) -> None:
    assert 1 <= report["smoothing_px"] <= 8
    named = replace(order, smoothing_px=0, is_within_image=False)
    plain = score_macerals(named, bench_of_macerals, lambda *_: None)
    assert plain["smoothing_px"] == 0
    assert plain["confusion"] != report["confusion"]


def test_one_image_alone_cannot_be_left_out(house: Path, bench_of_macerals: Bench, tmp_path: Path) -> None:
    for room in ("images", "masks"):
        (tmp_path / room).mkdir()
        shutil.copy(house / room / "0000.png", tmp_path / room)
    with pytest.raises(SegmentationError, match=r"has 1 image, .* expected at least 2\. Add images with masks"):
        score_macerals(ScoringOrder(source_of(tmp_path)), bench_of_macerals, lambda *_: None)


def test_training_on_several_masks_holds_whole_images_out(house: Path, bench_of_macerals: Bench) -> None:
    training = train_on_masks(house, bench_of_macerals, is_validated=True)
    report = training.report
    assert (report["grouped_cv_of"], report["grouped_cv_folds"]) == ("images", COUNT)
    assert report["grouped_cv_f1"] < report["poster_f1"]
    assert [one["labelled_pixels"] for one in report["classes"]] == [COUNT * 80] * 4
    assert report["background"] == 0
    assert report["smoothing_px"] == training.model.smoothing_px
    assert 1 <= report["smoothing_px"] <= 8
    assert [one.name for one in training.model.trained_on] == ["0000.png", "0001.png", "0002.png"]


def test_the_same_masks_give_the_same_model(house: Path, bench_of_macerals: Bench) -> None:
    first, again = (train_on_masks(house, bench_of_macerals).model.classifier for _ in range(2))
    probe = np.random.default_rng(0).normal(size=(50, first.feature_count)).astype(np.float32)
    np.testing.assert_array_equal(first.probabilities(probe), again.probabilities(probe))


def test_copies_of_a_picture_are_left_out_together(house: Path, bench_of_macerals: Bench, tmp_path: Path) -> None:
    for room in ("images", "masks"):
        (tmp_path / room).mkdir()
        for name, copy in (("0000", "0000"), ("0000", "copy"), ("0001", "0001")):
            shutil.copy(house / room / f"{name}.png", tmp_path / room / f"{copy}.png")
    order = ScoringOrder(source_of(tmp_path), trees=15, pixels_per_class=80)
    report = score_macerals(order, bench_of_macerals, lambda *_: None)
    assert "0000.png, copy.png are the same picture" in report["notes"][-1]
    first, other, copy = (one["mask_pixels"] for one in report["per_image"])
    assert first == copy != other
    for room in ("images", "masks"):
        (tmp_path / room / "0001.png").unlink()
    with pytest.raises(SegmentationError, match="copies of one picture are one"):
        score_macerals(order, bench_of_macerals, lambda *_: None)


def test_a_model_is_not_scored_on_a_copy_of_what_it_learnt_from(
    house: Path, bench_of_macerals: Bench, tmp_path: Path
) -> None:
    for room in ("images", "masks"):
        shutil.copytree(house / room, tmp_path / room)
        shutil.copy(house / room / "0000.png", tmp_path / room / "copy.png")
    with pytest.raises(ConfigurationError, match=r"copy\.png is given twice"):
        train_on_masks(tmp_path, bench_of_macerals)
    with Image.open(tmp_path / "masks" / "copy.png") as mask:
        mask.transpose(Image.Transpose.FLIP_TOP_BOTTOM).save(tmp_path / "masks" / "copy.png")
    report = train_on_masks(tmp_path, bench_of_macerals, is_validated=True).report
    assert report["images"] == report["grouped_cv_folds"] == COUNT
