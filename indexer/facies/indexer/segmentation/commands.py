"""What the commands of ``facies segment`` do: an order is carried out, told of, and printed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from facies.core.cli import print_json
from facies.core.errors import ConfigurationError
from facies.core.settings import load_settings
from facies.indexer.segmentation.bench import Bench
from facies.indexer.segmentation.overwriting import files_below, refuse_overwriting
from facies.indexer.segmentation.spending import measure_spending
from facies.indexer.segmentation.stage_bar import stoppable_stages
from facies.indexer.segmentation.tables import print_core, print_scores, print_suggestions, print_training

if TYPE_CHECKING:
    from facies.indexer.segmentation.core_order import CoreOrder
    from facies.indexer.segmentation.suggesting import SuggestionOrder
    from facies.indexer.segmentation.training import TrainingOrder
    from facies.models.segmentation.segmentation_model import Task


def run_training(order: TrainingOrder, out: Path, *, as_json: bool) -> None:
    """Train, write the model, and print the report."""
    from facies.indexer.segmentation.training import train
    from facies.models.segmentation.model_file import save_model

    with stoppable_stages(Console(stderr=True), "broken off; no model was written, computed maps are kept") as tell:
        training = train(order, Bench(load_settings()), tell)
    save_model(training.model, out)
    print_training(training.report, out, Console(stderr=as_json))
    if as_json:
        print_json({"model": str(out), **training.report})


def check_model_file(out: Path, read: Iterable[Path]) -> None:
    """Refuse a place for a model's file before it is trained; an earlier model that lies there is written over.

    Args:
        out: the place.
        read: files that are learnt from; the kept weights of networks are counted among them.

    Raises:
        ConfigurationError: the folder is not there, the place is a folder, or a file that is read lies there.
    """
    if not out.parent.is_dir() or out.is_dir():
        raise ConfigurationError(f"{out} is no place for a file; give --out a name in a folder that is there")
    refuse_overwriting([*read, *files_below([load_settings().weights_dir])], [out])


def run_core_command(order: CoreOrder, *, as_json: bool) -> int:
    """Name a core, and give the exit status: 1 where a section could not be read."""
    from facies.indexer.segmentation.core_run import CoreRun

    kept = "broken off; finished sections are kept, and the same command goes on behind them"
    with stoppable_stages(Console(stderr=True), kept) as tell:
        core = CoreRun(order, Bench(load_settings()), tell)  # what it takes to open the network is not counted
        with measure_spending() as spending:
            report = core.run()
    report |= spending.as_json()
    print_core(report, order.out, Console(stderr=as_json))
    if as_json:
        print_json(report)
    return 1 if report["failed"] else 0


def run_suggestion(order: SuggestionOrder, *, as_json: bool) -> None:
    """Print where to draw next."""
    from facies.indexer.segmentation.suggesting import suggest

    with stoppable_stages(Console(stderr=True), "broken off; computed maps are kept") as tell:
        found = suggest(order, Bench(load_settings()), tell)
    print_suggestions(found, Console(stderr=as_json))
    if as_json:
        print_json({"image": order.image.name, "suggestions": [asdict(one) for one in found]})


def run_evaluation(
    masks: Sequence[Path], truths: Sequence[Path], *, background: int | None, ignored: int | None, as_json: bool
) -> None:
    """Score masks against the truth."""
    from facies.indexer.segmentation.mask_scoring import score_masks

    scores = score_masks(masks, truths, background=background, ignored=ignored)
    print_scores(scores, Console(stderr=as_json))
    if as_json:
        print_json({**scores.as_json(), "images": len(masks)})


def run_generation(task: Task, out: Path, *, seed: int, count: int, as_json: bool) -> None:
    """Draw scenes into a folder."""
    from facies.indexer.segmentation.generated_files import draw_scenes

    written = draw_scenes(task, out, seed=seed, count=count)
    said = Console(stderr=as_json)
    said.print(f"{count} {'scene' if count == 1 else 'scenes'} of seed {seed} in {out}", markup=False, highlight=False)
    if as_json:
        print_json({"out": str(out), "seed": seed, "files": [str(path.relative_to(out)) for path in written]})
