"""``python -m benchmarks.segmentation``: segmentation from strokes against the naive recipe, on one generated core.

Both sides get the same image, strokes and threads. Every pass is a process of its own: Python, the libraries and the
network are loaded before anything is measured. The sides take turns after one pass each that is not counted. CPU
seconds are of all threads and children; growth is the peak of resident memory over what was held before.

The table goes to stdout, every pass into a JSON file of the results. ``--short`` measures once and leaves VGG-16 out.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.machine import describe_machine, load_average
from benchmarks.segmentation_naive import STAGES
from benchmarks.spending import Spending, median_of, ratios
from benchmarks.table import RESULTS, Table, say, shown
from benchmarks.turns import ROUNDS, take_turns
from benchmarks.workers import Worker
from facies.indexer.segmentation.confusion import count_confusion
from facies.indexer.segmentation.generated_cores import generate_core
from facies.indexer.segmentation.generated_files import write_scene
from facies.indexer.segmentation.mask_file import write_mask
from facies.indexer.segmentation.scores import compute_scores

Ids = NDArray[np.uint8]

ROOM = "segmentation"
SEED = 4242
UNLABELLED = 255
NAIVE, OURS = "benchmarks.segmentation_naive", "benchmarks.segmentation_ours"


@dataclass(frozen=True, slots=True)
class Case:
    """What is measured, and what it is held to; None where nothing is asked."""

    card: str
    task: str
    title: str
    cpu_ratio: float | None = None
    growth_ratio: float | None = None
    short: bool = False

    @property
    def name(self) -> str:
        """In the table."""
        return f"{self.card} {self.title}"


CASES = (
    Case("lite0-stem-3", "whole", "train and apply", cpu_ratio=3, growth_ratio=3, short=True),
    Case("lite0-stem-3", "relabel", "relabel, features kept", cpu_ratio=4, short=True),
    Case("vgg16-pool1-pool2", "whole", "train and apply, drawn weights", cpu_ratio=2.5),
    Case("vgg16-pool1-pool2", "relabel", "relabel, features kept, drawn weights", cpu_ratio=4),
)
EXTRAS = (
    Case("lite0-stem-3", "reported", "train with cross-validation and apply"),
    Case("lite0-stem", "preview", "preview of 512 rows, another window", short=True),
    Case("lite0-stem", "preview_again", "preview of 512 rows, more strokes", short=True),
    Case("lite0-stem-3", "preview_again", "preview of 512 rows, more strokes", short=True),
)
"""What the naive recipe has no like of."""
PREVIEWS = ("preview", "preview_again")
PREVIEW_S = 1.0
"""Seconds of the clock that a preview may take."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure all cases."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.segmentation", description=__doc__)
    parser.add_argument("--short", action="store_true", help="one round of the default card")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--seed", type=int, default=SEED, help="of the generated core")
    options = parser.parse_args(arguments)
    rounds = 1 if options.short else options.rounds
    table, kept = Table(), dict[str, Any]()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        truth = write_core(folder, options.seed)
        for case in CASES:
            if case.short or not options.short:
                kept[case.name] = measure(table, case, folder, truth, rounds)
        for extra in EXTRAS:
            if extra.short or not options.short:
                kept[extra.name] = measure_ours(table, extra, folder, rounds)
    print(table.text())
    print("\n".join(verdicts(kept)))
    print(keep(kept, table, seed=options.seed))


def write_core(folder: Path, seed: int) -> Ids:
    """Draw the core and its strokes, and write both as the workers read them.

    Returns:
        the truth: ids (height, width).
    """
    scene = generate_core(seed)
    write_scene(scene, folder)
    kept = scene.labels.strokes % 2 == 0
    fewer = replace(
        scene.labels,
        **{name: getattr(scene.labels, name)[kept] for name in ("rows", "columns", "classes", "strokes")},
    )
    write_mask(folder / "fewer.png", fewer.image(), scene.table, unlabelled=UNLABELLED)
    share = len(scene.labels) / scene.truth.size
    say(
        f"seed {seed}: {scene.truth.shape} px, {len(scene.table)} classes, {len(scene.strokes.strokes)} strokes "
        f"over {share:.1%} of the pixels"
    )
    return scene.truth


def write_weights(backbone: str, folder: Path) -> Path:
    """See to it that both sides find the same weights: those installed, else a drawn checkpoint, which is said.

    Returns:
        the checkpoint; `folder` holds it where it was drawn.
    """
    from facies.models.registry import get_card
    from facies.models.synthetic import NOTICE, write_seeded_checkpoint
    from facies.models.weights import find_weights_at_hand

    card = get_card(backbone)
    found = find_weights_at_hand(card, folder)
    if found is None:
        folder.mkdir(exist_ok=True)
        found = folder / f"{card.file_stem}.safetensors"
        write_seeded_checkpoint(card, found, seed=0)
        say(f"{backbone}: {NOTICE}: its figures are of speed alone")
    return found


def measure(table: Table, case: Case, folder: Path, truth: Ids, rounds: int) -> dict[str, Any]:
    """Measure both sides of a case by turns, note the figures, and give them with all passes."""
    weights = write_weights(STAGES[case.card][0], folder / "weights")
    inputs = (str(folder), str(UNLABELLED))
    masks = {"naive": folder / "naive.npy", "ours": folder / "ours.npy"}
    sides = {
        "naive": one_pass(NAIVE, (case.card, str(weights), *inputs), case.task, mask=str(masks["naive"])),
        "ours": one_pass(OURS, (case.card, str(folder / "weights"), *inputs), case.task, mask=str(masks["ours"])),
    }
    passes = take_turns(sides, rounds)
    scores = {side: compute_scores(count_confusion(truth, np.load(mask))).macro_f1 for side, mask in masks.items()}
    for side, several in passes.items():
        note(table, f"{case.name}: {side}", several)
        table.add(ROOM, f"{case.name}: {side}", "dense macro F1", scores[side])
    found = compare(case, passes, scores)
    low, middle, high = found["cpu_ratio"]
    table.add(ROOM, case.name, f"CPU, naive over ours ({shown(low)} to {shown(high)})", middle)
    table.add(ROOM, case.name, "growth, naive over ours", found["growth_ratio"][1])
    return found


def measure_ours(table: Table, case: Case, folder: Path, rounds: int) -> dict[str, Any]:
    """Measure what the naive recipe has no like of: training with its report, and previews of a window."""
    arguments = (case.card, str(folder / "weights"), str(folder), str(UNLABELLED))
    passes = take_turns({"ours": one_pass(OURS, arguments, case.task)}, rounds)["ours"]
    note(table, case.name, passes)
    found: dict[str, Any] = {"passes": {"ours": [asdict(one) for one in passes]}}
    if case.task in PREVIEWS:
        found["held"] = {f"wall < {PREVIEW_S:g} s": median_of(passes, "wall_s") < PREVIEW_S}
    return found


def one_pass(module: str, arguments: Sequence[str], task: str, **options: object) -> Callable[[], Spending]:
    """A side of `take_turns`: starts a worker, lets it do one task, and ends it."""

    def measured() -> Spending:
        with Worker(module, *arguments) as worker:
            return Spending(**worker.ask(task, **options))

    return measured


def note(table: Table, case: str, passes: Sequence[Spending]) -> None:
    """Note the medians of a side."""
    table.add(ROOM, case, "cpu", median_of(passes, "cpu_s"), "s")
    table.add(ROOM, case, "wall", median_of(passes, "wall_s"), "s")
    table.add(ROOM, case, "growth of memory", median_of(passes, "growth_mb"), "MB")


def compare(case: Case, passes: Mapping[str, Sequence[Spending]], scores: Mapping[str, float]) -> dict[str, Any]:
    """The ratios of a case (least, median, most), and which of its demands are met."""
    cpu = spread(ratios(passes["naive"], passes["ours"]))
    growth = spread(ratios(passes["naive"], passes["ours"], "growth_mb"))
    held = {"F1 not lower": scores["ours"] >= scores["naive"]}
    if case.cpu_ratio is not None:
        held[f"CPU ratio >= {case.cpu_ratio:g}"] = cpu[1] >= case.cpu_ratio
    if case.growth_ratio is not None:
        held[f"growth ratio >= {case.growth_ratio:g}"] = growth[1] >= case.growth_ratio
    return {
        "passes": {side: [asdict(one) for one in several] for side, several in passes.items()},
        "cpu_ratio": cpu,
        "growth_ratio": growth,
        "dense_macro_f1": dict(scores),
        "held": held,
    }


def spread(sorted_ratios: Sequence[float]) -> tuple[float, float, float]:
    """Least, median and most.

    Example:
        >>> spread([2.0, 3.0, 9.0])
        (2.0, 3.0, 9.0)
    """
    return sorted_ratios[0], float(np.median(sorted_ratios)), sorted_ratios[-1]


def verdicts(kept: Mapping[str, Any]) -> list[str]:
    """One line for each demand, whether it is met."""
    return [
        f"{'met' if held else 'NOT MET'}: {name}: {demand}"
        for name, found in kept.items()
        for demand, held in found.get("held", {}).items()
    ]


def keep(kept: Mapping[str, Any], table: Table, *, seed: int, folder: Path = RESULTS) -> Path:
    """Write every pass, with the machine and its load, into a file of the results."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"segmentation-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.json"
    about = {"machine": describe_machine(), "load": [table.load_before, load_average()], "seed": seed}
    path.write_text(json.dumps({**about, "cases": kept}, indent=1), encoding="utf-8")
    return path


if __name__ == "__main__":
    main()
