"""A network is trained on masks, written, and names macerals as any other model does."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from facies.core.errors import FinetunedFileError, FinetuningError
from facies.indexer.segmentation.bench import Bench
from facies.indexer.segmentation.maceral_models import find_task
from facies.indexer.segmentation.maceral_order import MaceralOrder
from facies.indexer.segmentation.maceral_run import MaceralRun
from facies.indexer.segmentation.network_training import NetworkOrder, NetworkTraining, train_network
from facies.models.segmentation.finetuned_file import load_segmenter, save_segmenter
from tests.indexer.segmentation.maceral_scenes import COUNT, SIDE_PX, source_of


@pytest.fixture(scope="module")
def order(house: Path) -> NetworkOrder:
    return NetworkOrder(source_of(house), "unet", epochs=2, batches=3, batch=2, tile_px=96)


@pytest.fixture(scope="module")
def training(order: NetworkOrder, bench_of_macerals: Bench) -> NetworkTraining:
    return train_network(order, bench_of_macerals, lambda *_: None)


def test_whole_images_are_held_out_and_the_report_says_which(training: NetworkTraining) -> None:
    report = training.report
    assert len(report["held_out"]) == 1
    assert set(report["held_out"]) < set(report["trained_on"])
    assert len(report["trained_on"]) == COUNT
    scores = [epoch["held_out_micro_dice"] for epoch in report["epochs"]]
    assert report["held_out_micro_dice"] == max(scores) == scores[report["kept_epoch"] - 1]
    assert report["epochs"][1]["loss"] < report["epochs"][0]["loss"]


def test_the_file_names_macerals_like_any_other_model(
    training: NetworkTraining, house: Path, bench_of_macerals: Bench, tmp_path: Path
) -> None:
    path = tmp_path / "network.model"
    save_segmenter(training.segmenter, path)
    assert find_task(path) == "macerals"
    image = house / "images" / "0000.png"
    order = MaceralOrder(path, (image,), tmp_path / "out", um_per_px=0.5, views="flips")
    report = MaceralRun(order, bench_of_macerals, lambda *_: None).run()
    mask = np.asarray(Image.open(tmp_path / "out" / "mask.png"))
    assert mask.shape == (SIDE_PX, SIDE_PX)
    assert report["images"][0]["drift"] is None
    assert report["background"] == 0
    assert sum(one["area_px"] for one in report["macerals"]) == mask.size
    assert load_segmenter(path).facts.provenance["held_out"] == training.report["held_out"]
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(FinetunedFileError):
        MaceralRun(order, bench_of_macerals, lambda *_: None)


def test_an_encoder_begins_with_its_weights_unless_scratch_is_asked_for(
    training: NetworkTraining, order: NetworkOrder, bench_of_macerals: Bench
) -> None:
    assert training.report["encoder_sha256"] == bench_of_macerals.weights("efficientnet-lite0").sha256
    scratch = replace(order, is_from_scratch=True, epochs=1, batches=1)
    assert train_network(scratch, bench_of_macerals, lambda *_: None).report["encoder_sha256"] is None
    assert scratch.settings.encoder_share == 1


def test_copies_of_one_picture_are_on_one_side(house: Path, bench_of_macerals: Bench, tmp_path: Path) -> None:
    for room in ("images", "masks"):
        (tmp_path / room).mkdir()
        for name in ("first", "copy", "other"):
            number = "0001" if name == "other" else "0000"
            shutil.copy(house / room / f"{number}.png", tmp_path / room / f"{name}.png")
    order = NetworkOrder(source_of(tmp_path), "unet", epochs=1, batches=1, batch=2, tile_px=96)
    for seed in range(3):
        held_out = train_network(replace(order, seed=seed), bench_of_macerals, lambda *_: None).report["held_out"]
        assert held_out in (["other.png"], ["copy.png", "first.png"])
    for room in ("images", "masks"):
        (tmp_path / room / "other.png").unlink()
    with pytest.raises(FinetuningError, match="all 2 images are the same picture"):
        train_network(order, bench_of_macerals, lambda *_: None)


def test_one_image_alone_cannot_say_when_to_stop(house: Path, bench_of_macerals: Bench, tmp_path: Path) -> None:
    for room in ("images", "masks"):
        (tmp_path / room).mkdir()
        shutil.copy(house / room / "0000.png", tmp_path / room)
    with pytest.raises(FinetuningError, match="at least 2"):
        train_network(NetworkOrder(source_of(tmp_path), "unet"), bench_of_macerals, lambda *_: None)
