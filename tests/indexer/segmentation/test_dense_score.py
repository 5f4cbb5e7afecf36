from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from facies.core.errors import ConfigurationError, MaskSizeError
from facies.indexer.segmentation.bench import Bench
from facies.indexer.segmentation.confusion import count_confusion
from facies.indexer.segmentation.generated_cores import GeneratedScene
from facies.indexer.segmentation.naming import Naming
from facies.indexer.segmentation.pictures import read_picture
from facies.indexer.segmentation.scores import compute_scores
from facies.indexer.segmentation.training import TrainingOrder, train


def test_the_score_is_that_of_the_mask_that_the_model_gives(
    core_order: TrainingOrder, core_folder: Path, core_scene: GeneratedScene, bench: Bench
) -> None:
    training = train(replace(core_order, truths=(core_folder / "truth.png",)), bench)
    naming = Naming(bench, training.model, read_picture(core_folder / "image.png", bench.limits))
    mask = np.concatenate([training.model.classes.ids_of(band.classes) for band in naming.bands()])
    expected = compute_scores(count_confusion(core_scene.truth, mask))
    assert training.report["dense_macro_f1"] == pytest.approx(expected.macro_f1)
    assert training.report["dense_scores"]["per_class"].keys() == expected.as_json()["per_class"].keys()
    assert "every pixel" in training.report["dense_note"]


def test_without_a_truth_there_is_no_dense_score(core_order: TrainingOrder, bench: Bench) -> None:
    assert not [key for key in train(core_order, bench).report if key.startswith("dense")]


def test_a_truth_of_another_size_is_refused(
    core_order: TrainingOrder, core_folder: Path, tmp_path: Path, bench: Bench
) -> None:
    np.save(tmp_path / "truth.npy", np.zeros((10, 12), np.int32))
    with pytest.raises(MaskSizeError, match=r"truth.npy has 12 x 10 pixels, image.png has"):
        train(replace(core_order, truths=(tmp_path / "truth.npy",)), bench)


def test_truths_go_with_pictures_one_by_one(core_order: TrainingOrder, core_folder: Path, bench: Bench) -> None:
    truth = core_folder / "truth.png"
    with pytest.raises(ConfigurationError, match="2 truths and 1 pictures"):
        train(replace(core_order, truths=(truth, truth)), bench)
