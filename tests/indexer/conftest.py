"""A small real embedder, generated images, and an open workspace: everything but the network is the real part."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from facies.core.images import RgbImage
from facies.core.metrics import Embeddings
from facies.core.records import Fingerprint
from facies.core.settings import Settings
from facies.core.wire import IndexReport
from facies.core.workspace import Workspace, open_workspace
from facies.indexer.limits import Limits
from facies.indexer.pipeline import index_source
from facies.indexer.sources import open_source
from facies.models.embedder import Prepared
from facies.models.projection import Projection
from tests.indexer.segment_command import draw_core, train_model


class PixelEmbedder:
    """Eight by eight mean colours, projected at random and brought to unit length: near images have near vectors."""

    name = "pixels"
    batch_size = 3
    draft_px: int | None = None

    def __init__(self, dim: int = 16, weights: str = "0" * 64) -> None:
        self.dim = dim
        self.fingerprint = Fingerprint("pixels", weights, "8x8 mean", "one view", "numpy", "f32")
        self.sizes: list[int] = []
        self._projection = np.random.default_rng(7).normal(size=(8 * 8 * 3, dim)).astype(np.float32)
        self._lock = threading.Lock()

    def prepare(self, image: RgbImage) -> Prepared:
        return np.asarray(Image.fromarray(image).resize((8, 8), Image.Resampling.BOX))

    def embed_prepared(self, prepared: Sequence[Prepared]) -> Embeddings:
        with self._lock:
            self.sizes.append(len(prepared))
        rows = np.stack(prepared).reshape(len(prepared), -1).astype(np.float32)
        vectors = (rows / 255 + 0.1) @ self._projection
        unit: Embeddings = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return unit

    def embed(self, images: Sequence[RgbImage]) -> Embeddings:
        return self.embed_prepared([self.prepare(image) for image in images])

    @property
    def embedded(self) -> int:
        """Images embedded so far."""
        return sum(self.sizes)


class TurningEmbedder(PixelEmbedder):
    """Looks at each image in four directions, and can tell what it sees in each."""

    def embed_views(self, prepared: Sequence[Prepared]) -> Embeddings:
        turned = [super(TurningEmbedder, self).embed_prepared([np.rot90(p, k) for p in prepared]) for k in range(4)]
        views: Embeddings = np.stack(turned, axis=1)
        return views

    def embed_prepared(self, prepared: Sequence[Prepared]) -> Embeddings:
        mean = self.embed_views(prepared).mean(axis=1)
        unit: Embeddings = mean / np.linalg.norm(mean, axis=1, keepdims=True)
        return unit


def fit_axes(vectors: Embeddings, views: Embeddings) -> Projection:
    """Fit the directions in which vectors vary most, against how much views do; other images give another fit."""
    mean = vectors.mean(axis=0)
    noise = np.sqrt((views - views.mean(axis=1, keepdims=True)).var(axis=(0, 1)) + 1e-4)
    _, _, axes = np.linalg.svd((vectors - mean) / noise, full_matrices=False)
    return Projection(mean.astype(np.float32), (axes[:6].T / noise[:, None]).astype(np.float32), "fitted for a test")


@pytest.fixture
def embedder() -> PixelEmbedder:
    return PixelEmbedder()


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with open_workspace(Settings(data_dir=tmp_path / "data")) as opened:
        yield opened


Draw = Callable[..., Path]


@pytest.fixture
def draw(tmp_path: Path) -> Draw:
    """Write an image with random pixels that follow from its seed; equal seeds give equal bytes."""

    def write(name: str, seed: int, size: tuple[int, int] = (24, 20)) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
        Image.fromarray(pixels).save(path)
        return path

    return write


Index = Callable[..., IndexReport]


@pytest.fixture
def index(workspace: Workspace, embedder: PixelEmbedder) -> Index:
    """Index a location into the collection ``c``."""

    def run(location: Path | str, *, labels: str = "none", **options: object) -> IndexReport:
        source = open_source(str(location), labels=labels)  # type: ignore[arg-type]  # tests pass wrong ones on purpose
        try:
            settings = {"limits": Limits(upsert_size=4), **options}
            return index_source(workspace, embedder, "c", source, **settings)  # type: ignore[arg-type]  # free options
        finally:
            source.close()

    return run


def write_tiff(path: Path, pages: int, seed: int = 0) -> Path:
    """Write a TIFF of several pages of noise."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (pages, 16, 18, 3), dtype=np.uint8)
    tifffile.imwrite(path, pixels, photometric="rgb", metadata=None)
    return path


def counts(workspace: Workspace) -> tuple[int, int]:
    """Rows and points of the collection ``c``."""
    return workspace.catalog.count("c"), workspace.store.count("c")


@pytest.fixture(scope="module")
def command_data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A data folder that the commands of a file of tests share."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("data")
        patch.setenv("FACIES_DATA_DIR", str(folder))
        yield folder


@pytest.fixture(scope="module")
def command_core(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small drawn core as files."""
    return draw_core(tmp_path_factory.mktemp("core"))


@pytest.fixture(scope="module")
def command_model(command_core: Path, tmp_path_factory: pytest.TempPathFactory, command_data: Path) -> Path:
    """A model of that core as `facies segment train` writes it."""
    path = tmp_path_factory.mktemp("model") / "core.model"
    report = train_model(command_core, path)
    assert report["model"] == str(path)
    assert {"grouped_cv_f1", "poster_f1", "cpu_s", "peak_growth_mb"} <= report.keys()
    return path
