"""``facies segment train``, ``evaluate`` and ``generate``: what makes models, and what says how good they are."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from facies.core.settings import SEED_VARIABLE
from facies.indexer.segmentation.options import Classes, Json, MmPerPx, Task, Unlabelled


def train(
    *,
    task: Task = "core",
    image: Annotated[list[Path], typer.Option(help="A photograph; repeat it with its labels for several.")],
    labels: Annotated[
        list[Path], typer.Option(help="Its labels: strokes (.json), a label image (.png) or points (.csv).")
    ],
    out: Annotated[Path, typer.Option(help="File to write the model to.")],
    card: Annotated[
        str, typer.Option(help="Hypercolumns: lite0-stem-3, lite0-stem, vgg16-pool1-pool2, or BACKBONE@LAYER+LAYER.")
    ] = "lite0-stem-3",
    kind: Annotated[
        Literal["extra-trees", "random-forest", "linear"],
        typer.Option(help="Classifier of pixels: the default, the published one, or one for previews."),
    ] = "extra-trees",
    trees: Annotated[int, typer.Option(min=1, max=2000, help="Trees of a forest.")] = 100,
    seed: Annotated[int, typer.Option(min=0, help="Of all chance; the same gives the same model.")] = 0,
    unlabelled: Unlabelled = 255,
    classes: Classes = None,
    mm_per_px: MmPerPx = None,
    smoothing_mm: Annotated[
        float | None, typer.Option(min=0, metavar="MM", help="Radius that answers are smoothed by; needs a scale.")
    ] = None,
    smoothing_px: Annotated[
        float | None, typer.Option(min=0, metavar="PX", help="The same in pixels; without either the task has one.")
    ] = None,
    validate: Annotated[
        bool, typer.Option("--validate/--no-validate", help="Hold strokes out for a score; most of the time goes here.")
    ] = True,
    json: Json = False,
) -> None:
    """Train on strokes of one or several photographs.

    The report has a score of strokes that were held out whole, and the published protocol's beside it, which leaks.
    """
    from facies.indexer.segmentation.commands import run_training
    from facies.indexer.segmentation.training import TrainingOrder, pair_lessons

    order = TrainingOrder(
        task=task,
        lessons=pair_lessons(image, labels),
        card=card,
        kind=kind,
        trees=trees,
        seed=seed,
        unlabelled=unlabelled,
        classes=classes,
        mm_per_px=mm_per_px,
        smoothing_mm=smoothing_mm,
        smoothing_px=smoothing_px,
        is_validated=validate,
    )
    run_training(order, out, as_json=json)


def evaluate(
    *,
    mask: Annotated[list[Path], typer.Option(help="A mask: indexed or grey PNG, or .npy; repeat it with its truth.")],
    truth: Annotated[list[Path], typer.Option(help="What is true, of the same size.")],
    background: Annotated[
        int | None, typer.Option(min=0, max=255, metavar="ID", help="Class that is no foreground.")
    ] = None,
    ignored: Annotated[
        int | None, typer.Option(min=0, max=255, metavar="ID", help="Id of the truth that is left out of the scores.")
    ] = None,
    json: Json = False,
) -> None:
    """Score masks against the truth; counts are pooled over all pixels of all pairs."""
    from facies.indexer.segmentation.commands import run_evaluation

    run_evaluation(mask, truth, background=background, ignored=ignored, as_json=json)


def generate(
    *,
    task: Task = "core",
    out: Annotated[Path, typer.Option(help="Folder for image.png, truth.png, labels.png and strokes.json.")],
    seed: Annotated[int, typer.Option(min=0, envvar=SEED_VARIABLE, help="The same seed draws the same scene.")] = 0,
    count: Annotated[
        int, typer.Option(min=1, max=1000, help="How many scenes, each in a folder of its own from the second on.")
    ] = 1,
    json: Json = False,
) -> None:
    """Draw a core or a photomicrograph with its exact truth and a person's strokes, for tests and for trying out."""
    from facies.indexer.segmentation.commands import run_generation

    run_generation(task, out, seed=seed, count=count, as_json=json)
