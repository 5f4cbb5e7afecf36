"""``python -m benchmarks``: every room; ``python -m benchmarks quick``: the figures that a release is held to."""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks import embedding, indexing, searching
from benchmarks.pictures import find_pictures
from benchmarks.plot import draw_growth
from benchmarks.table import Table, say
from facies.core.settings import StoreSettings

QUICK_SIZE = 500_000
QUANTIZED_SIZE = 100_000
ROOMS = ("embedding", "indexing", "search")


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure what was asked for; progress and the table go to stderr, the result to stdout."""
    options = _parser().parse_args(arguments)
    table = Table()
    with tempfile.TemporaryDirectory() as scratch:
        if options.extent == "quick":
            _quick(table, Path(scratch), options.cache)
            print(json.dumps(summarise(table)))
        else:
            _whole(table, Path(scratch), options.cache, options.rooms, options.sizes)
            print(table.text())


def summarise(table: Table) -> dict[str, float | None]:
    """The figures that a release is held to; None where one was not measured."""
    lite0, vits16 = embedding.QUICK_CARDS
    case = searching.case_of(QUICK_SIZE, StoreSettings())
    places = {
        "embed_lite0_f32_ratio": (embedding.ROOM, f"{lite0} f32", "ratio"),
        "embed_lite0_bf16_ratio": (embedding.ROOM, f"{lite0} bf16", "ratio"),
        "embed_vits16_f32_ratio": (embedding.ROOM, f"{vits16} f32", "ratio"),
        "embed_vits16_bf16_ratio": (embedding.ROOM, f"{vits16} bf16", "ratio"),
        "index_over_embed": (indexing.ROOM, f"{indexing.CARD} f32", "rate of index over embed"),
        "search_500k_recall": (searching.ROOM, case, "engine recall@10"),
        "search_500k_p50_ms": (searching.ROOM, case, "engine p50"),
        "search_500k_http_p50_ms": (searching.ROOM, case, "http p50"),
    }
    found = {name: table.value(*place) for name, place in places.items()}
    return {name: None if value is None else round(value, 4) for name, value in found.items()}


def _quick(table: Table, scratch: Path, cache: Path) -> None:
    pictures = find_pictures(scratch)
    embedding.measure_embedding(table, pictures, scratch, embedding.QUICK_CARDS)
    indexing.measure_indexing(table, pictures, scratch)
    searching.measure_search(table, cache, QUICK_SIZE, StoreSettings(), peers=False)
    say(table.text())
    say(f"written to {table.write()}")


def _whole(table: Table, scratch: Path, cache: Path, rooms: Sequence[str], sizes: Sequence[int]) -> None:
    pictures = find_pictures(scratch)
    if "embedding" in rooms:
        embedding.measure_embedding(table, pictures, scratch)
    if "indexing" in rooms:
        indexing.measure_indexing(table, pictures, scratch)
    if "search" in rooms:
        for size in sizes:
            searching.measure_search(table, cache, size, StoreSettings(), peers=True)
            if size == QUANTIZED_SIZE:
                for packed in ("none", "turbo4"):
                    store = StoreSettings.model_validate({"quantization": packed})
                    searching.measure_search(table, cache, size, store, peers=False)
        path = table.write()
        say(f"drawn to {draw_growth(table, list(sizes), path.with_suffix('.png'))}")
    say(f"written to {table.write()}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("extent", nargs="?", choices=["whole", "quick"], default="whole")
    parser.add_argument(
        "--cache",
        type=Path,
        default=Path(tempfile.gettempdir()) / "facies-benchmarks",
        help="where built collections are kept between runs (500k take about 2 GB); delete it for a fresh build",
    )
    parser.add_argument("--rooms", type=_rooms, default=ROOMS, help=f"of the whole: some of {','.join(ROOMS)}")
    parser.add_argument(
        "--sizes", type=_sizes, default=searching.SIZES, help="of the whole: vectors, e.g. 10000,100000"
    )
    return parser


def _rooms(text: str) -> tuple[str, ...]:
    chosen = tuple(text.split(","))
    unknown = [room for room in chosen if room not in ROOMS]
    if unknown:
        raise argparse.ArgumentTypeError(f"no room {', '.join(unknown)}; there are {', '.join(ROOMS)}")
    return chosen


def _sizes(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(","))


if __name__ == "__main__":
    main()
