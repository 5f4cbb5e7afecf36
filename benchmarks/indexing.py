"""Files to stored points against pure embedding: the same files, network, process and decode pool, by turns."""

from __future__ import annotations

from pathlib import Path

from benchmarks.embedding import weights_of
from benchmarks.pictures import Pictures
from benchmarks.table import Table
from benchmarks.turns import cpu_ratio, median_cpu_ms, median_rate, rate_ratio, take_turns
from benchmarks.workers import Worker

ROOM = "indexing"
CARD = "efficientnet-lite0"
ROUNDS = 5
"""More than elsewhere: the two sides differ by a few hundredths."""


def measure_indexing(table: Table, pictures: Pictures, scratch: Path, rounds: int = ROUNDS) -> None:
    """Note the rate of ``facies index`` into a fresh data folder, thumbnails included, over that of embedding alone.

    Starting Python and loading the network are in neither side; making the collection is in that of indexing.

    Args:
        table: takes the figures.
        pictures: all of which are indexed.
        scratch: folder for a seeded checkpoint.
        rounds: how often each side is timed.
    """
    with Worker(
        "benchmarks.ours", CARD, str(weights_of(CARD, scratch)), "f32", str(pictures.folder), str(scratch)
    ) as ours:
        passes = take_turns({"embed": ours.timed("embed"), "index": ours.timed("index")}, rounds)
    for side, done in passes.items():
        table.add(ROOM, f"{CARD} f32 {side}", "cpu", median_cpu_ms(done), "ms/image")
        table.add(ROOM, f"{CARD} f32 {side}", "rate", median_rate(done), "images/s")
    table.add(ROOM, f"{CARD} f32", "rate of index over embed", rate_ratio(passes["index"], passes["embed"]))
    table.add(ROOM, f"{CARD} f32", "cpu of embed over index", cpu_ratio(passes["embed"], passes["index"]))
