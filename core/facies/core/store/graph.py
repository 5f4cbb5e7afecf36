"""The graph (HNSW) of a collection: what it is built with, and how it is searched. The same for every backend.

Measured on 500,000 vectors of 384 dimensions in 2,000 clusters, two cores (docs/performance.md): with half the
candidates and a third fewer links it is built in 60 % of the time, and a search for the same recall takes as long; with
a third more links nothing is gained.
"""

from __future__ import annotations

from typing import Final

LINKS: Final = 24
"""Neighbours that a point of the graph keeps (HNSW's m)."""

CANDIDATES: Final = 200
"""Candidates looked at for them (HNSW's ef_construct)."""

DEFAULT_EF: Final = 180
"""Candidates that a search keeps where the query does not say: recall of 0.99 or more of ten among 500,000."""

_PAGE: Final = 200
_OVERSAMPLING: Final = 2.0
_DEEP_OVERSAMPLING: Final = 1.2


def oversampling(limit: int) -> float:
    """How many times what is wanted is found with packed vectors, to be ordered by the full ones.

    Packing misplaces what lies close to the last place wanted. Of a page that is a large part; of hundreds, such as the
    candidates of a re-ranking, a small one: with 1.2 in place of 2 a search for 400 among 100,000 vectors of 384 values
    finds 0.996 of them in place of 0.999, and takes 0.6 to 1.2 ms less.

    >>> oversampling(10), oversampling(400)
    (2.0, 1.2)
    """
    return _OVERSAMPLING if limit <= _PAGE else _DEEP_OVERSAMPLING
