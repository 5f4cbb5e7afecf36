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

OVERSAMPLING: Final = 2.0
"""Where vectors are packed, so many times what is wanted is found with the packed ones and ordered by the full ones.

For a deep search too: 1.2 saves 0.4 to 0.7 ms of one for 400 among 100,000, and finds 0.972 of them in place of 0.997
where vectors have 64 values (0.996 in place of 0.999 at 384).
"""
