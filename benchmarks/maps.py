"""``python -m benchmarks.maps``: a layout of many vectors against umap-learn's own defaults, and how faithful both are.

Both sides get the same vectors. Each pass is a process of its own, begun cold: what umap compiles is in its time, as
in a job's. The sides take turns. Trustworthiness is of one seeded sample of 5,000 points, 15 neighbours of each.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.table import Table, say
from benchmarks.vectors import draw_vectors

ROOM: Final = "maps"
SIDES: Final = ("umap-learn's default", "facies")
SEED: Final = 7


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure by turns, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.maps")
    parser.add_argument("--points", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--vectors", type=Path, help="an .npy file of unit rows in place of drawn ones")
    parser.add_argument("--side", choices=SIDES, help=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.side is not None:
        lay_out_once(options.side, options.vectors, options.out)
        return
    table = Table()
    with tempfile.TemporaryDirectory() as scratch:
        path = options.vectors or Path(scratch) / "vectors.npy"
        if options.vectors is None:
            np.save(path, draw_vectors(options.points))
        vectors = np.load(path, mmap_mode="r")
        passes: dict[str, list[dict[str, Any]]] = {side: [] for side in SIDES}
        for turn in range(options.rounds):
            for side in SIDES:
                passes[side].append(_measure(side, path, Path(scratch) / "positions.npy"))
                say(f"round {turn + 1}, {side}: {passes[side][-1]}")
        case = f"{len(vectors):,} x {vectors.shape[1]}"
        for side, made in passes.items():
            for name, unit in (("wall_s", "s"), ("cpu_s", "s"), ("trustworthiness", "")):
                table.add(
                    ROOM,
                    case,
                    f"{side}: {name}, median of {len(made)}",
                    float(np.median([p[name] for p in made])),
                    unit,
                )
        theirs, ours = passes[SIDES[0]], passes[SIDES[1]]
        ratios = [a["wall_s"] / b["wall_s"] for a, b in zip(theirs, ours, strict=True)]
        table.add(ROOM, case, "seconds of the clock, theirs over ours: least of the rounds", min(ratios))
    print(table.text())
    say(f"written to {table.write()}")


def lay_out_once(side: str, path: Path, out: Path) -> None:
    """One pass of one side; writes the positions."""
    vectors = np.load(path)
    np.save(out, _by_default(vectors) if side == SIDES[0] else _by_facies(vectors))


def _by_default(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    from umap import UMAP

    return np.asarray(UMAP().fit_transform(vectors), dtype=np.float32)


def _by_facies(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    from facies.indexer.maps.layouts import make_layout
    from facies.indexer.maps.plan import MapOptions
    from facies.indexer.maps.steps import PlainSteps

    ids = [str(row) for row in range(len(vectors))]
    steps = PlainSteps("bench", Stages())
    return make_layout(ids, vectors, options=MapOptions(seed=SEED), old=None, steps=steps, device="cpu")


class Stages:
    """Says when each stage begins."""

    def __init__(self) -> None:
        """Nothing has begun."""
        self._stage, self._begun_s = "", time.monotonic()

    def __call__(self, stage: str, _done: int, total: int | None) -> None:
        """Hear of a stage."""
        name = f"{stage}, compiling" if total is None else stage
        if name != self._stage:
            say(f"  {time.monotonic() - self._begun_s:6.1f} s  {name}")
            self._stage = name


def _measure(side: str, path: Path, out: Path) -> dict[str, Any]:
    from facies.models.maps.trust import sampled_trustworthiness

    command = [sys.executable, "-m", "benchmarks.maps", "--side", side, "--vectors", str(path), "--out", str(out)]
    before, begun_s = os.times(), time.monotonic()
    subprocess.run(command, check=True)
    wall_s, after = time.monotonic() - begun_s, os.times()
    cpu_s = after.children_user + after.children_system - before.children_user - before.children_system
    trust = sampled_trustworthiness(np.load(path), np.load(out), seed=SEED)
    return {"wall_s": wall_s, "cpu_s": cpu_s, "trustworthiness": trust}


if __name__ == "__main__":
    main()
