"""A network learns from masks, and is left with its best weights."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from facies.core.errors import FinetuningError
from facies.models.macerals import MACERALS
from facies.models.registry import get_card
from facies.models.segmentation.finetuned_network import build_segmenter, fill_encoder
from facies.models.segmentation.finetuning import Epoch, FinetuneSettings, finetune, foreground_micro_dice
from facies.models.segmentation.segmenter import FinetunedSegmenter, SegmenterFacts
from facies.models.segmentation.training_crops import IGNORED, MaskedPixels
from facies.models.weights import FoundWeights

LITE0 = get_card("efficientnet-lite0")
QUICK = FinetuneSettings(epochs=2, batches=1, batch=2)


def _scene(seed: int, size: int = 96) -> MaskedPixels:
    """Discs of three classes, each of its own grey, on a dark ground with noise."""
    generator = np.random.default_rng(seed)
    rows, columns = np.mgrid[0:size, 0:size]
    indices = np.zeros((size, size), np.uint8)
    for at in range(9):
        row, column = generator.integers(0, size, 2)
        indices[(rows - row) ** 2 + (columns - column) ** 2 < 14**2] = 1 + at % 3
    grey = np.array([30, 220, 150, 85])[indices] + generator.normal(0, 6, indices.shape)
    image = np.repeat(grey.clip(0, 255).astype(np.uint8)[..., None], 3, axis=2)
    return MaskedPixels(f"scene {seed}", image, indices)


def _segmenter(weights: FoundWeights) -> FinetunedSegmenter:
    facts = SegmenterFacts(
        architecture="unet",
        encoder=LITE0.name,
        encoder_sha256=weights.sha256,
        table=MACERALS,
        mean=LITE0.mean,
        std=LITE0.std,
        tile_px=64,
        overlap_px=32,
    )
    network = build_segmenter("unet", LITE0, len(MACERALS))
    fill_encoder(network, LITE0, weights.path)
    return FinetunedSegmenter(facts, network)


def _accuracy(segmenter: FinetunedSegmenter, one: MaskedPixels) -> float:
    return float((segmenter.probabilities(one.image).argmax(axis=2) == one.indices).mean())


def test_the_loss_falls_and_held_out_images_are_told_apart(lite0_weights: FoundWeights) -> None:
    segmenter = _segmenter(lite0_weights)
    seen: list[Epoch] = []
    images, held_out = [_scene(1), _scene(2)], [_scene(3, 64)]
    before = _accuracy(segmenter, held_out[0])
    settings = FinetuneSettings(epochs=2, batches=8, batch=4, learning_rate=3e-3)
    training = finetune(segmenter, images, held_out, settings, on_epoch=seen.append)
    assert tuple(seen) == training.epochs
    assert training.epochs[-1].loss < 0.8 * training.epochs[0].loss
    assert _accuracy(segmenter, held_out[0]) > max(before, 0.6)
    scores = [epoch.held_out_micro_dice or 0.0 for epoch in training.epochs]
    assert training.kept == 1 + int(np.argmax(scores))


def test_a_prediction_is_a_distribution_for_each_pixel_of_any_size(lite0_weights: FoundWeights) -> None:
    segmenter = _segmenter(lite0_weights)
    for height, width in ((1, 1), (30, 90), (130, 65)):
        image: NDArray[np.uint8] = np.zeros((height, width, 3), np.uint8)
        probabilities = segmenter.probabilities(image)
        assert probabilities.shape == (height, width, 4)
        assert probabilities.dtype == np.float32
        np.testing.assert_allclose(probabilities.sum(axis=2), 1, atol=1e-5)


def test_the_same_seed_gives_the_same_weights(lite0_weights: FoundWeights) -> None:
    states = []
    for _ in range(2):
        segmenter = _segmenter(lite0_weights)
        finetune(segmenter, [_scene(1)], [], FinetuneSettings(epochs=1, batches=2, batch=2, seed=4))
        states.append(segmenter.network.state_dict())
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])


def test_training_stops_early_and_goes_back_to_the_best_epoch(
    lite0_weights: FoundWeights, monkeypatch: pytest.MonkeyPatch
) -> None:
    scores = iter([0.2, 0.6, 0.5, 0.6, 0.9])
    monkeypatch.setattr("facies.models.segmentation.finetuning._score", lambda *_: next(scores))
    segmenter = _segmenter(lite0_weights)
    states = []

    def keep(_: Epoch) -> None:
        states.append({name: tensor.clone() for name, tensor in segmenter.network.state_dict().items()})

    settings = FinetuneSettings(epochs=9, batches=1, batch=2, patience=2)
    training = finetune(segmenter, [_scene(1)], [_scene(2)], settings, on_epoch=keep)
    assert [epoch.number for epoch in training.epochs] == [1, 2, 3, 4]
    assert training.kept == 2
    final = segmenter.network.state_dict()
    assert all(torch.equal(final[name], states[1][name]) for name in final)
    assert any(not torch.equal(final[name], states[3][name]) for name in final)


def test_what_is_raised_after_an_epoch_ends_the_training(lite0_weights: FoundWeights) -> None:
    def cancel(_: Epoch) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        finetune(_segmenter(lite0_weights), [_scene(1)], [], QUICK, on_epoch=cancel)


def test_an_image_on_both_sides_is_refused(lite0_weights: FoundWeights) -> None:
    with pytest.raises(FinetuningError, match="scene 1 would be learnt from and held out"):
        finetune(_segmenter(lite0_weights), [_scene(1), _scene(2)], [_scene(1)], QUICK)


def test_a_class_that_the_network_lacks_is_refused(lite0_weights: FoundWeights) -> None:
    scene = _scene(1)
    scene.indices[0, 0] = 7
    with pytest.raises(FinetuningError, match="class index 7"):
        finetune(_segmenter(lite0_weights), [scene], [], QUICK)


def test_one_class_alone_is_refused(lite0_weights: FoundWeights) -> None:
    scene = _scene(1)
    only = MaskedPixels("a", scene.image, np.where(scene.indices == 1, 1, IGNORED).astype(np.uint8))
    with pytest.raises(FinetuningError, match="one class alone"):
        finetune(_segmenter(lite0_weights), [only], [], QUICK)


@pytest.mark.parametrize(
    "wrong",
    [{"epochs": 0}, {"batch": 1}, {"learning_rate": 0}, {"learning_rate": float("nan")}, {"encoder_share": 2}],
)
def test_settings_that_would_train_nothing_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(FinetuningError, match="at least 1 epoch"):
        FinetuneSettings(**wrong)  # type: ignore[arg-type]  # the values are wrong on purpose


@pytest.mark.parametrize("wrong", [{"tile_px": 50}, {"tile_px": 0}, {"overlap_px": 64}, {"background": 4}])
def test_facts_that_no_network_could_be_used_with_are_refused(wrong: dict[str, int]) -> None:
    values: dict[str, Any] = {"tile_px": 64, "overlap_px": 32, "background": 0} | wrong
    with pytest.raises(FinetuningError, match="expected"):
        SegmenterFacts("unet", LITE0.name, None, MACERALS, LITE0.mean, LITE0.std, **values)


def test_micro_dice_pools_counts_and_leaves_the_background_out() -> None:
    confusion = np.array([[90, 3, 0], [2, 10, 1], [0, 4, 20]])
    hits, false_positive, false_negative = 30, 3 + 1 + 4, 2 + 1 + 4
    assert foreground_micro_dice(confusion, 0) == pytest.approx(60 / (60 + false_positive + false_negative))
    assert hits == 30
    assert foreground_micro_dice(np.array([[5, 0], [0, 0]]), 0) == 1
