"""Samples are spread evenly, seeded, and say what could not be read."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facies.core.errors import ModelError
from facies.core.workspace import Workspace
from facies.indexer.sampling import embed_sample, pick_evenly, pick_ids, read_vectors
from facies.models.embedder import Prepared, Views

from .conftest import Draw, Index, TurningEmbedder, write_tiff


@given(st.integers(0, 3000), st.integers(1, 400), st.integers(0, 5))
def test_positions_are_spread_evenly(total: int, wanted: int, seed: int) -> None:
    picked = pick_evenly(total, wanted, seed)
    assert len(picked) == min(total, wanted)
    assert len(set(picked.tolist())) == len(picked)
    stretch = total / wanted
    for number, position in enumerate(picked.tolist()):
        assert 0 <= position < total
        if wanted < total:
            assert number * stretch - 1 <= position < (number + 1) * stretch + 1


def test_a_seed_decides() -> None:
    assert pick_evenly(10_000, 50, 1).tolist() == pick_evenly(10_000, 50, 1).tolist()
    assert pick_evenly(10_000, 50, 1).tolist() != pick_evenly(10_000, 50, 2).tolist()


@pytest.fixture
def embedder() -> TurningEmbedder:
    return TurningEmbedder()


@pytest.fixture
def filled(workspace: Workspace, index: Index, draw: Draw, tmp_path: Path) -> Workspace:
    """Nine images, three of them pages of one file."""
    for i in range(6):
        draw(f"in/{i}.png", i)
    write_tiff(tmp_path / "in" / "pages.tif", 3)
    index(tmp_path / "in")
    return workspace


def ids(workspace: Workspace) -> list[str]:
    return [point.id for point in workspace.store.scroll("c")]


def test_ids_and_vectors_of_a_collection(filled: Workspace) -> None:
    assert pick_ids(filled.store, "c", 100, 0) == ids(filled)
    some = pick_ids(filled.store, "c", 4, 0)
    assert len(some) == 4
    assert some == sorted(some)
    rows = read_vectors(filled.store, "c", "pixels", 100, 0)
    stored = filled.store.get("c", ids(filled))
    np.testing.assert_array_equal(rows, np.stack([stored[one].vectors["pixels"] for one in ids(filled)]))
    assert read_vectors(filled.store, "c", "pixels", 4, 0).shape == (4, 16)


def test_views_come_from_the_originals(filled: Workspace, embedder: TurningEmbedder) -> None:
    told: list[int] = []
    sample = embed_sample(filled, "c", ids(filled), embedder, told=told.append)
    assert (sample.views.shape, sample.failures, told[-1]) == ((9, 4, 16), [], 9)
    stored = filled.store.get("c", ids(filled))
    means = sample.views.mean(axis=1)
    means /= np.linalg.norm(means, axis=1, keepdims=True)
    rows = {tuple(np.round(point.vectors["pixels"], 4)) for point in stored.values()}
    assert {tuple(row) for row in np.round(means, 4)} == rows


def test_what_cannot_be_read_is_listed(
    filled: Workspace, embedder: TurningEmbedder, draw: Draw, tmp_path: Path
) -> None:
    (tmp_path / "in" / "0.png").unlink()
    draw("in/1.png", 99)
    (tmp_path / "in" / "2.png").write_bytes(b"\x89PNG\r\n\x1a\n and no more")
    write_tiff(tmp_path / "in" / "pages.tif", 2)
    sample = embed_sample(filled, "c", ids(filled), embedder)
    assert len(sample.views) == 3
    reasons = {Path(one.path).name: one.reason for one in sample.failures}
    assert reasons.keys() == {"0.png", "1.png", "2.png", "pages.tif"}
    assert len(sample.failures) == 6
    assert "No such file" in reasons["0.png"]
    assert reasons["1.png"] == reasons["pages.tif"] == "another file has taken its place"


def test_one_picture_that_the_network_refuses_is_listed(filled: Workspace) -> None:
    class Picky(TurningEmbedder):
        refused = -1

        def embed_views(self, prepared: Sequence[Prepared]) -> Views:
            if any(int(one.sum()) == self.refused for one in prepared):
                raise ModelError("no direction")
            return super().embed_views(prepared)

    picky = Picky()
    record = next(filled.catalog.iter_images("c"))
    from facies.core.images import decode_image

    data = Path(record.uri).read_bytes()
    picky.refused = int(picky.prepare(decode_image(data, "x", max_pixels=10**6, page=record.page).pixels).sum())
    sample = embed_sample(filled, "c", ids(filled), picky)
    assert (len(sample.views), [one.reason for one in sample.failures]) == (8, ["no direction"])


def test_a_stopped_sample_is_what_came(filled: Workspace, embedder: TurningEmbedder) -> None:
    stop = threading.Event()
    stop.set()
    assert len(embed_sample(filled, "c", ids(filled), embedder, stop=stop).views) == 0
    assert len(embed_sample(filled, "c", [], embedder).views) == 0
