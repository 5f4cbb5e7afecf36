"""The peers answer what the exact scan answers."""

from __future__ import annotations

import pytest

from benchmarks.peers import WANTED_RECALL, measure_hnswlib, scan_ms
from benchmarks.vectors import draw_queries, draw_vectors, find_exactly


def test_numpy_is_timed() -> None:
    assert scan_ms(draw_queries(5), draw_vectors(500), 10) > 0


def test_hnswlib_is_searched_until_its_recall_is_comparable() -> None:
    pytest.importorskip("hnswlib", reason="needs hnswlib, which `make bench` installs")
    vectors, queries = draw_vectors(2000), draw_queries(30)
    found = measure_hnswlib(queries, vectors, find_exactly(queries, vectors, 10)[0])
    assert found.recall >= WANTED_RECALL
    assert 0 < found.p50_ms <= found.p95_ms
