"""``python -m benchmarks.ui``: the interface in a real browser, at real sizes; one JSON line last.

Every look has a browser profile of its own, so that nothing is cached there. Of maps the first look after a start of
the service is told apart: it reads labels and positions that later ones find in memory.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser

from benchmarks.browser import open_browser
from benchmarks.commands import COLLECTION, make_samples, running
from benchmarks.interface_data import Drawn, make_data
from benchmarks.pictures import find_pictures
from benchmarks.table import Table, say
from benchmarks.ui_grid import GridTimes, look_at_grid, serve_page
from benchmarks.ui_map import MapTimes, look_at_map
from benchmarks.ui_strokes import BEFORE, StrokeTimes, drawing, look_at_strokes
from benchmarks.ui_views import ViewTimes, find_views, visit

ROOM: Final = "interface"
PARTS: Final = ("views", "grid", "strokes", "maps")
MAPS: Final = (Drawn("map100k", 100_000, mapped=True), Drawn("map1m", 1_000_000, mapped=True))
GRID: Final = Drawn("grid", 5_000)
GRID_SIZES: Final = (500, 5_000)
_PICTURES: Final = 60
"""Thumbnails that all images share."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print the table, then the result."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ui", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="looks at each page or map, after the first")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument(
        "--cache",
        type=Path,
        default=Path(tempfile.gettempdir()) / "facies-benchmarks",
        help="where data folders are kept between runs (a million images take about 1 GB)",
    )
    options = parser.parse_args(arguments)
    table = Table()
    with open_browser() as browser:
        if "views" in options.parts:
            measure_views(table, browser, options.cache, options.rounds)
        if "grid" in options.parts:
            measure_grid(table, browser, options.cache, options.rounds)
        if "strokes" in options.parts:
            measure_strokes(table, browser, options.cache, options.rounds)
        if "maps" in options.parts:
            measure_maps(table, browser, options.cache, options.rounds)
    say(table.text())
    say(f"written to {table.write()}")
    print(json.dumps(summarise(table)))


def summarise(table: Table) -> dict[str, float]:
    """All figures, each by its case and quantity."""
    return {f"{row.case}, {row.quantity}": round(row.value, 3) for row in table.rows}


def measure_views(table: Table, browser: Browser, cache: Path, rounds: int) -> None:
    """Visit every page of the navigation over the demonstration's collection."""
    with running(demonstration(cache), "up", "--port", "0") as service:
        views = find_views(browser, service.url)
        times = {name: ViewTimes() for name in views}
        for _ in range(rounds):
            for name, path in views.items():
                visit(browser, f"{service.url}{path}?collection={COLLECTION}", times[name])
    for name, one in times.items():
        note(table, f"page {name}", "first paint", one.paint)
        note(table, f"page {name}", "ready", one.ready)


def measure_grid(table: Table, browser: Browser, cache: Path, rounds: int) -> None:
    """Look at galleries of each size, and name forty images of the smaller one."""
    data = make_data(cache, GRID, pictures(cache))
    with running(data, "serve", "--port", "0") as service, serve_page(service.url) as url:
        for size in GRID_SIZES:
            times = GridTimes()
            for _ in range(rounds):
                look_at_grid(browser, url, size, times)
            note(table, f"grid of {size:,}", "ready", times.ready)
            note(table, f"grid of {size:,}", "40 labelled by a key", times.label)


def measure_strokes(table: Table, browser: Browser, cache: Path, rounds: int) -> None:
    """Draw on a core that has many strokes."""
    times = StrokeTimes()
    with running(demonstration(cache), "up", "--port", "0") as service, drawing(service.url) as made:
        for _ in range(rounds):
            look_at_strokes(browser, service.url, made, times)
    case = f"drawing with {BEFORE} strokes"
    note(table, case, "ready", times.ready)
    note(table, case, "a stroke is seen", times.seen)
    note(table, case, "a stroke is kept", times.kept)
    note(table, case, "what is in sight is named anew", times.named)


def measure_maps(table: Table, browser: Browser, cache: Path, rounds: int) -> None:
    """Look at maps of each size."""
    for drawn in MAPS:
        data = make_data(cache, drawn, pictures(cache))
        first, later = MapTimes(), MapTimes()
        with running(data, "up", "--port", "0") as service:
            look_at_map(browser, service.url, drawn.name, first)
            for _ in range(rounds):
                look_at_map(browser, service.url, drawn.name, later)
        case = f"map of {drawn.images:,}"
        table.add(ROOM, case, "ready, first after a start", first.ready[0], "s")
        table.add(ROOM, case, "lasso, first after a start", first.lasso[0], "s")
        note(table, case, "first points", later.seen)
        note(table, case, "ready", later.ready)
        note(table, case, "lasso", later.lasso)
        table.add(ROOM, case, "images enclosed", later.enclosed[-1])


def demonstration(cache: Path) -> Path:
    """The data folder of the demonstration's collection, built where it is not there yet."""
    data = cache / "demo-data" / "demo"
    if not (data / "catalog.sqlite").exists():
        say("building the demonstration's collection")
        make_samples(data.parent)
    return data


def note(table: Table, case: str, quantity: str, times: Sequence[float]) -> None:
    """Median and worst of some seconds."""
    table.add(ROOM, case, f"{quantity}, median of {len(times)}", statistics.median(times), "s")
    table.add(ROOM, case, f"{quantity}, worst", max(times), "s")


def pictures(cache: Path) -> list[Path]:
    """A few images, real ones where there are any."""
    found = find_pictures(cache / "pictures").folder
    files = sorted(path for path in found.rglob("*") if path.suffix.lower() in {".png", ".jpg", ".tif"})
    return files[:_PICTURES]


if __name__ == "__main__":
    main()
