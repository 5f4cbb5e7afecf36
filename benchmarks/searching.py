"""Search: time, recall, requests per second, memory and disk, at several sizes, against plain scans and hnswlib."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.gallery import (
    COLLECTION,
    SLIDES,
    VECTOR,
    WELLS,
    Gallery,
    metadata_of,
    name_of,
    open_gallery,
    row_of,
    slides_of,
)
from benchmarks.machine import disk_mib, resident_mib
from benchmarks.peers import measure_hnswlib, scan_ms
from benchmarks.service import Client, serve
from benchmarks.table import Table
from benchmarks.timing import percentile, requests_per_second, time_each
from benchmarks.vectors import Labels, draw_queries, draw_vectors, find_exactly, recall
from facies.core.filters import Equals, Filter
from facies.core.metrics import Embeddings, Indices
from facies.core.settings import StoreSettings
from facies.core.store import VectorQuery, VectorStore, open_store

ROOM = "search"
K = 10
QUERIES = 1000
FILTERED = 200
HTTP_QUERIES = 300
CLIENTS = 4
SIZES = (10_000, 100_000, 500_000, 1_000_000)


def case_of(count: int, store: StoreSettings) -> str:
    """What the rows of a collection are called.

    Example:
        >>> case_of(500_000, StoreSettings())
        '500k int8'
    """
    size = f"{count // 1_000_000}M" if count % 1_000_000 == 0 else f"{count // 1000}k"
    return size if store.quantization == "none" else f"{size} {store.quantization}"


@dataclass(frozen=True, slots=True)
class _Subject:
    """A collection that is measured, and where its figures go."""

    table: Table
    case: str
    gallery: Gallery
    settings: StoreSettings
    vectors: Embeddings

    def note(self, quantity: str, value: float, unit: str = "") -> None:
        self.table.add(ROOM, self.case, quantity, value, unit)


def measure_search(
    table: Table, cache: Path, count: int, store: StoreSettings, *, peers: bool, queries: int = QUERIES
) -> None:
    """Note the figures of a collection of so many vectors.

    Args:
        table: takes the figures.
        cache: folder of built collections.
        count: vectors.
        store: settings of the store.
        peers: whether hnswlib builds its graph too, which takes as long as ours; numpy's scan is timed always.
        queries: how many are asked of the engine.
    """
    vectors = draw_vectors(count)
    asked = draw_queries(queries)
    subject = _Subject(table, case_of(count, store), open_gallery(cache, vectors, store), store, vectors)
    _note_building(subject)
    expected, similar = find_exactly(asked, vectors, K)
    subject.note("mean similarity of the true ten", float(similar.mean()))
    _measure_engine(subject, asked, expected)
    subject.note("disk", disk_mib(subject.gallery.data_dir / "vectors"), "MiB")
    _measure_service(subject)
    subject.note("numpy p50", scan_ms(asked, vectors, K), "ms")
    if peers:
        found = measure_hnswlib(asked, vectors, expected)
        subject.note("hnswlib build", found.build_s, "s")
        subject.note("hnswlib ef", found.ef)
        subject.note("hnswlib p50", found.p50_ms, "ms")
        subject.note("hnswlib p95", found.p95_ms, "ms")
        subject.note("hnswlib recall@10", found.recall)


def _note_building(subject: _Subject) -> None:
    built = subject.gallery.building
    subject.note("built by an earlier run", float(subject.gallery.cached))
    subject.note("loading", built.load_s, "s")
    subject.note("filling the catalogue", built.catalogue_s, "s")
    if built.requests:
        subject.note("building the graph", built.graph_s, "s")
        subject.note("requests while the graph was built", built.requests)
        subject.note("median request while the graph was built", built.median_request_ms, "ms")
        subject.note("worst request while the graph was built", built.worst_request_ms, "ms")


def _measure_engine(subject: _Subject, asked: Embeddings, expected: Indices) -> None:
    start = time.perf_counter()
    store = open_store(subject.settings, subject.gallery.data_dir / "vectors")
    try:
        _search(store, VectorQuery(VECTOR, [asked[0]], k=K))
        subject.note("opening, to the first answer", time.perf_counter() - start, "s")
        subject.note("share in the graph", store.describe(COLLECTION).graphed / subject.gallery.count)
        queries = [VectorQuery(VECTOR, [query], k=K) for query in asked]
        # A whole pass to warm up: in its first second a large collection moves to huge pages.
        answers, times = time_each(partial(_search, store), queries, warmups=len(queries))
        subject.note("engine p50", percentile(times, 0.5), "ms")
        subject.note("engine p95", percentile(times, 0.95), "ms")
        subject.note("engine recall@10", recall(answers, expected))
        slides = slides_of(subject.gallery.count)
        some = asked[:FILTERED]
        _measure_filtered(subject, store, "1 %", [(q, *_slide(slides, i % SLIDES)) for i, q in enumerate(some)])
        _measure_filtered(subject, store, "10 %", [(q, *_well(slides, i % WELLS)) for i, q in enumerate(some)])
    finally:
        store.close()


def _slide(slides: Labels, number: int) -> tuple[Filter, Labels]:
    """The filter on a slide, and the rows that it leaves."""
    return Equals("slide", metadata_of(number)["slide"]), np.flatnonzero(slides == number)


def _well(slides: Labels, number: int) -> tuple[Filter, Labels]:
    """The filter on a well, and the rows that it leaves."""
    first, last = number * SLIDES // WELLS, (number + 1) * SLIDES // WELLS
    return Equals("well", metadata_of(first)["well"]), np.flatnonzero((slides >= first) & (slides < last))


def _measure_filtered(
    subject: _Subject, store: VectorStore, share: str, asked: Sequence[tuple[Embeddings, Filter, Labels]]
) -> None:
    queries = [VectorQuery(VECTOR, [query], k=K, where=where) for query, where, _rows in asked]
    answers, times = time_each(partial(_search, store), queries)
    expected = np.concatenate([find_exactly(query[None], subject.vectors, K, rows)[0] for query, _where, rows in asked])
    subject.note(f"filtered {share} p50", percentile(times, 0.5), "ms")
    subject.note(f"filtered {share} p95", percentile(times, 0.95), "ms")
    subject.note(f"filtered {share} recall@10", recall(answers, expected))


def _measure_service(subject: _Subject) -> None:
    rows = np.random.default_rng(2).choice(subject.gallery.count, HTTP_QUERIES, replace=False)
    names = [name_of(int(row)) for row in rows]
    with serve(subject.gallery.data_dir, subject.settings) as service, ExitStack() as stack:
        clients = [stack.enter_context(Client(service)) for _ in range(CLIENTS)]
        answers, times = time_each(partial(_by_id, clients[0]), names)
        subject.note("http p50", percentile(times, 0.5), "ms")
        subject.note("http p95", percentile(times, 0.95), "ms")
        subject.note("http recall@10", recall(answers, _neighbours_of(rows, subject.vectors)))
        _, times = time_each(lambda name: clients[0].search(name, K, rerank=True), names)
        subject.note("http, re-ranked, p50", percentile(times, 0.5), "ms")
        subject.note("http, re-ranked, p95", percentile(times, 0.95), "ms")
        for number in (1, CLIENTS):
            rate = requests_per_second([partial(_by_id, client) for client in clients[:number]], names)
            subject.note(f"http, {number} at once", rate, "requests/s")
        subject.note("memory of the service", resident_mib(service.pid), "MiB")


def _neighbours_of(rows: Indices, vectors: Embeddings) -> Indices:
    """The nearest of each row other than itself, (q, k)."""
    found, _ = find_exactly(vectors[rows], vectors, K + 1)
    return np.stack([line[line != row][:K] for row, line in zip(rows, found, strict=True)])


def _search(store: VectorStore, query: VectorQuery) -> set[int]:
    return {row_of(hit.id) for hit in store.search(COLLECTION, query)}


def _by_id(client: Client, name: str) -> set[int]:
    return {row_of(one) for one in client.search(name, K)}
