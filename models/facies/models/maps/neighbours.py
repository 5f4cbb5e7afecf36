"""The nearest neighbours of very many vectors among very many others: all products in blocks, the best kept.

Products are computed in the processor's fastest type. More candidates than wanted are kept of each block and compared
again in float32, so what comes out has the order and the values of an exact search.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from facies.core.errors import DimensionMismatchError
from facies.models.threads import wait_without_spinning

if TYPE_CHECKING:
    import torch

    from facies.core.metrics import Embeddings

_BLOCK_BYTES: Final = 2**26
"""Of the products that are in memory at once."""

_GROUP: Final = 64
"""Products of which the greatest is looked at first: the best k of all lie in the k groups that have the greatest."""

_SPARE: Final = 15
"""Candidates beyond those wanted, which rounding to 8 bits of mantissa may put before them."""


@dataclass(frozen=True, slots=True)
class NeighbourTable:
    """Nearest neighbours of n vectors.

    Attributes:
        indices: shape (n, k), int32, rows of the vectors that were searched, the most similar first.
        similarities: shape (n, k), float32, cosines in [-1, 1], falling.
    """

    indices: NDArray[np.int32]
    similarities: NDArray[np.float32]


def find_neighbours(
    queries: Embeddings,
    among: Embeddings,
    k: int,
    *,
    own: bool = False,
    device: str = "cpu",
    progress: Callable[[int, int], None] | None = None,
) -> NeighbourTable:
    """Find the nearest neighbours of many vectors.

    Args:
        queries: shape (n, d), float32, unit rows.
        among: shape (m, d), unit rows; the neighbours.
        k: how many, at least 1; all where there are fewer.
        own: ``among`` are the queries themselves, and no vector is its own neighbour.
        device: ``cpu`` or a torch device.
        progress: told after each block how many queries are done, of how many; what it raises ends the search.

    Raises:
        DimensionMismatchError: the arrays differ in d.
    """
    if queries.shape[1] != among.shape[1]:
        raise DimensionMismatchError("a vector of the map", among.shape[1], queries.shape[1])
    wait_without_spinning()
    import torch

    wanted = min(k, len(among) - own)
    kept = min(wanted + own + _SPARE, len(among))
    searched = torch.from_numpy(among).to(device)
    rough = searched.to(_fast_type(device))
    rows = max(1, min(1024, _BLOCK_BYTES // (rough.element_size() * max(1, len(among)))))
    indices = np.empty((len(queries), wanted), dtype=np.int32)
    similarities = np.empty((len(queries), wanted), dtype=np.float32)
    with torch.inference_mode():
        for start in range(0, len(queries), rows):
            asked = torch.from_numpy(queries[start : start + rows]).to(device)
            found = _best(asked.to(rough.dtype) @ rough.T, kept)
            exact = torch.bmm(searched[found.reshape(-1)].view(len(asked), kept, -1), asked[:, :, None]).squeeze(-1)
            if own:
                itself = torch.arange(start, start + len(asked), device=device)[:, None]
                exact = exact.masked_fill(found == itself, -2.0)  # below every cosine
            best = exact.topk(wanted, dim=1)
            done = slice(start, start + len(asked))
            indices[done] = torch.gather(found, 1, best.indices).to(torch.int32).cpu().numpy()
            similarities[done] = best.values.clamp_(-1.0, 1.0).cpu().numpy()
            if progress is not None:
                progress(done.stop, len(queries))
    return NeighbourTable(indices, similarities)


def _best(products: torch.Tensor, count: int) -> torch.Tensor:
    """Columns of the greatest values of each row, in no order.

    The greatest of each group of neighbouring columns are compared first, and then what is in the best groups alone:
    several times as fast as one selection from a row of a hundred thousand.
    """
    import torch

    rows, width = products.shape
    groups = width // _GROUP
    if groups < 2 * count:
        return products.topk(count, dim=1, sorted=False).indices
    grouped = products[:, : groups * _GROUP].view(rows, groups, _GROUP)
    best = grouped.amax(dim=2).topk(count, dim=1, sorted=False).indices
    inside = torch.gather(grouped, 1, best[:, :, None].expand(-1, -1, _GROUP)).reshape(rows, -1)
    columns = (best[:, :, None] * _GROUP + torch.arange(_GROUP, device=products.device)).reshape(rows, -1)
    tail = torch.arange(groups * _GROUP, width, device=products.device).expand(rows, -1)
    inside, columns = torch.cat([inside, products[:, groups * _GROUP :]], 1), torch.cat([columns, tail], 1)
    return torch.gather(columns, 1, inside.topk(count, dim=1, sorted=False).indices)


def _fast_type(device: str) -> torch.dtype:
    """bf16 where it is multiplied by the hardware, several times as fast as float32."""
    import torch

    if device != "cpu":
        return torch.bfloat16
    return torch.bfloat16 if torch.cpu.get_capabilities().get("amx_bf16") else torch.float32
