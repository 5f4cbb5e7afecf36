"""A small drawn core, the packaged network opened once, and a model that was trained on the core's strokes."""

from __future__ import annotations

from pathlib import Path

import pytest

from facies.core.settings import Settings
from facies.indexer.segmentation.bench import Bench
from facies.indexer.segmentation.generated_cores import GeneratedScene, generate_core
from facies.indexer.segmentation.generated_files import write_scene
from facies.indexer.segmentation.training import Lesson, TrainingOrder, train
from facies.models.segmentation.model_file import save_model
from tests.indexer.segmentation.maceral_scenes import write_macerals


@pytest.fixture(scope="session")
def core_scene() -> GeneratedScene:
    """Three classes in 192 by 64 pixels."""
    return generate_core(3, height=192, width=64, classes=3)


@pytest.fixture(scope="session")
def core_folder(core_scene: GeneratedScene, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The scene as files: image.png, truth.png, labels.png, strokes.json, classes.json."""
    folder = tmp_path_factory.mktemp("core")
    write_scene(core_scene, folder)
    return folder


@pytest.fixture(scope="session")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """Opens the cards of the network that comes with the installation."""
    return Bench(Settings(data_dir=tmp_path_factory.mktemp("data")))


@pytest.fixture(scope="session")
def core_order(core_folder: Path) -> TrainingOrder:
    """Few trees and no score: a model in a second."""
    lesson = Lesson(core_folder / "image.png", core_folder / "strokes.json")
    return TrainingOrder("core", (lesson,), trees=20, is_validated=False)


@pytest.fixture(scope="session")
def core_model(core_order: TrainingOrder, bench: Bench, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of the core as a file."""
    path = tmp_path_factory.mktemp("model") / "core.model"
    save_model(train(core_order, bench).model, path)
    return path


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Small photomicrographs with their masks, which a file of tests may write to."""
    return write_macerals(tmp_path_factory.mktemp("scenes"))


@pytest.fixture(scope="module")
def bench_of_macerals(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """Opens the network with a data folder of its own."""
    return Bench(Settings(data_dir=tmp_path_factory.mktemp("data")))
