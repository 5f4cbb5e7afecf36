"""Naming the pixels of a picture."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from facies.core.errors import ModelMapsMismatchError, SegmentationError, SegmentationModelError
from facies.core.settings import SegmentationSettings, Settings
from facies.indexer.segmentation.bench import Bench
from facies.indexer.segmentation.generated_cores import GeneratedScene
from facies.indexer.segmentation.naming import NamedBand, Naming
from facies.indexer.segmentation.pictures import Picture, read_picture
from facies.models.segmentation.model_file import load_model
from facies.models.segmentation.segmentation_model import SegmentationModel


@pytest.fixture
def picture(core_folder: Path, bench: Bench) -> Picture:
    return read_picture(core_folder / "image.png", bench.limits)


@pytest.fixture
def model(core_model: Path) -> SegmentationModel:
    return load_model(core_model)


def whole(bands: list[NamedBand]) -> tuple[np.ndarray, np.ndarray]:
    return np.concatenate([one.classes for one in bands]), np.concatenate([one.uncertainty for one in bands])


def test_bands_cover_the_picture_from_the_top_down(bench: Bench, model: SegmentationModel, picture: Picture) -> None:
    done: list[tuple[int, int]] = []
    bands = list(Naming(bench, model, picture).bands(lambda rows, height: done.append((rows, height))))
    assert [one.top for one in bands] == [0, *(one.bottom for one in bands[:-1])]
    assert bands[-1].bottom == picture.shape[0]
    assert done[-1] == (picture.shape[0], picture.shape[0])
    for one in bands:
        np.testing.assert_allclose(one.probabilities.sum(axis=-1), 1, atol=1e-5)
        assert np.array_equal(one.classes, one.probabilities.argmax(axis=-1))
        assert ((one.uncertainty >= 0) & (one.uncertainty <= 1)).all()


def test_most_of_a_drawn_core_is_named_right(
    bench: Bench, model: SegmentationModel, picture: Picture, core_scene: GeneratedScene
) -> None:
    classes, _ = whole(list(Naming(bench, model, picture).bands()))
    right = model.classes.ids_of(classes) == core_scene.truth
    assert right.mean() > 0.8


def test_maps_on_disk_and_maps_of_the_network_name_alike(
    bench: Bench, model: SegmentationModel, picture: Picture, tmp_path: Path
) -> None:
    keeps_not = Bench(Settings(data_dir=tmp_path, segmentation=SegmentationSettings(maps_bytes=0)))
    kept = whole(list(Naming(bench, model, picture).bands()))
    made = whole(list(Naming(keeps_not, model, picture).bands()))
    assert all(np.array_equal(one, other) for one, other in zip(kept, made, strict=True))


def test_a_picture_of_training_does_not_drift_and_one_of_another_kind_does(
    bench: Bench, model: SegmentationModel, picture: Picture
) -> None:
    usual = Naming(bench, model, picture)
    list(usual.bands())
    assert not usual.drift.is_drifting
    noise = np.random.default_rng(0).integers(0, 256, picture.pixels.shape, dtype=np.uint8)
    unlike = Naming(bench, model, Picture("noise.png", "0" * 64, noise))
    list(unlike.bands())
    assert unlike.drift.is_drifting
    assert unlike.drift.mean_shift > usual.drift.mean_shift


def test_drift_is_known_behind_the_last_band_only(bench: Bench, model: SegmentationModel, picture: Picture) -> None:
    with pytest.raises(SegmentationError):
        _ = Naming(bench, model, picture).drift


def test_models_of_other_cards_and_weights_are_refused(
    bench: Bench, model: SegmentationModel, picture: Picture
) -> None:
    with pytest.raises(ModelMapsMismatchError, match="train again"):
        Naming(bench, replace(model, card="lite0-stem"), picture)
    with pytest.raises(ModelMapsMismatchError, match="weights"):
        Naming(bench, replace(model, maps_fingerprint=model.maps_fingerprint.replace("weights ", "weights 0")), picture)


def test_a_smoothing_in_mm_needs_a_scale(bench: Bench, model: SegmentationModel, picture: Picture) -> None:
    by_mm = replace(model, smoothing_px=None, smoothing_mm=4.0)
    with pytest.raises(SegmentationModelError, match="--mm-per-px"):
        Naming(bench, by_mm, picture)
    by_px = whole(list(Naming(bench, model, picture).bands()))
    half_mm = whole(list(Naming(bench, by_mm, picture, mm_per_px=0.5).bands()))
    assert all(np.array_equal(one, other) for one, other in zip(by_px, half_mm, strict=True))
