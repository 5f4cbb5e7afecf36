"""A layout for images of a collection: their neighbours, where they start, and what is kept between attempts."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from facies.models.maps.alignment import align
from facies.models.maps.layout import LayoutOptions
from facies.models.maps.layout_process import lay_out_apart
from facies.models.maps.neighbours import NeighbourTable, find_neighbours
from facies.models.maps.placing import place_among
from facies.models.maps.principal import fit_plane

if TYPE_CHECKING:
    from facies.core.maps import MapPoints
    from facies.core.metrics import Embeddings
    from facies.indexer.maps.plan import MapOptions
    from facies.indexer.maps.steps import Steps

Positions = NDArray[np.float32]

NEIGHBOURS: Final = "neighbours.npz"
LAYOUT: Final = "layout.npz"

PLACED_AMONG: Final = 15
"""Neighbours among which a vector is placed."""


def make_layout(
    ids: list[str], vectors: Embeddings, *, options: MapOptions, old: MapPoints | None, steps: Steps, device: str
) -> Positions:
    """Compute the positions of images from all of their vectors.

    Args:
        ids: of the images.
        vectors: shape (n, d), of the same images, n >= 3.
        options: see `MapOptions`.
        old: an older map that shall be recognised in the new one.
        steps: hears of it, and keeps what is slow.
        device: where products are computed.

    Returns:
        shape (n, 2), float32.
    """
    question = hashlib.sha256("\n".join([str(options), "" if old is None else "again", *ids]).encode()).hexdigest()
    kept = load_arrays(steps, LAYOUT, question)
    if kept is not None:
        return np.asarray(kept["positions"], dtype=np.float32)
    table = _neighbours(vectors, options, steps, device, question)
    known = _find_known(ids, old)
    start = fit_plane(vectors).place(vectors) if known is None else _start_from(known, vectors, steps, device)
    laid = lay_out_apart(
        table,
        start,
        LayoutOptions(min_dist=options.min_dist, seed=options.seed),
        lambda done, total: steps.progress("laying out", done, total),
    )
    if known is not None:
        laid = align(laid, known[0], known[1])
    save_arrays(steps, LAYOUT, question, {"positions": laid})
    return laid


def _neighbours(vectors: Embeddings, options: MapOptions, steps: Steps, device: str, question: str) -> NeighbourTable:
    kept = load_arrays(steps, NEIGHBOURS, question)
    if kept is not None:
        return NeighbourTable(kept["indices"], kept["similarities"])
    table = find_neighbours(
        vectors,
        vectors,
        options.neighbours,
        own=True,
        device=device,
        progress=lambda done, total: steps.progress("finding neighbours", done, total),
    )
    save_arrays(steps, NEIGHBOURS, question, {"indices": table.indices, "similarities": table.similarities})
    return table


def _find_known(ids: list[str], old: MapPoints | None) -> tuple[NDArray[np.int64], Positions] | None:
    """Rows of those that an older map has, and where they lie on it; None where it has none of them."""
    if old is None:
        return None
    from facies.core.maps import pack_ids

    places = {one: row for row, one in enumerate(old.ids.tolist())}
    pairs = [(row, places[one]) for row, one in enumerate(pack_ids(ids).tolist()) if one in places]
    if not pairs:
        return None
    rows, there = np.array(pairs, dtype=np.int64).T
    return rows, old.positions[there]


def _start_from(
    known: tuple[NDArray[np.int64], Positions], vectors: Embeddings, steps: Steps, device: str
) -> Positions:
    """Old positions for those that have one, and a place among them for the others."""
    rows, positions = known
    start = np.empty((len(vectors), 2), dtype=np.float32)
    start[rows] = positions
    others = np.setdiff1d(np.arange(len(vectors)), rows)
    if len(others):
        start[others] = place_near(
            vectors[others], vectors[rows], positions, steps=steps, stage="finding a start", device=device
        )
    return start


def place_near(
    new: Embeddings, there: Embeddings, positions: Positions, *, steps: Steps, stage: str, device: str
) -> Positions:
    """Place vectors on a layout, each among its nearest that are on it; see `facies.models.maps.placing`.

    Args:
        new: shape (n, d), what is placed.
        there: shape (m, d), what is on the layout, m >= 1.
        positions: shape (m, 2), where.
        steps: hears of it.
        stage: what it hears.
        device: where products are computed.
    """
    table = find_neighbours(
        new, there, PLACED_AMONG, device=device, progress=lambda done, total: steps.progress(stage, done, total)
    )
    return place_among(table.similarities, positions[table.indices])


def load_arrays(steps: Steps, name: str, question: str) -> Mapping[str, NDArray[Any]] | None:
    """Read arrays that an earlier attempt at the same question has kept."""
    data = steps.load(name)
    if data is None:
        return None
    with np.load(io.BytesIO(data), allow_pickle=False) as file:
        arrays = dict(file)
    return arrays if str(arrays.pop("question")) == question else None


def save_arrays(steps: Steps, name: str, question: str, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Keep arrays for later attempts at the same question."""
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, question=np.array(question), **arrays)
    steps.save(name, buffer.getvalue())
