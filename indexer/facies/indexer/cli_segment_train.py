"""``facies segment train``, ``evaluate`` and ``generate``: what makes models, and what says how good they are."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from facies.core.errors import ConfigurationError
from facies.core.settings import SEED_VARIABLE
from facies.indexer.segmentation.options import (
    Background,
    Card,
    Classes,
    Images,
    Json,
    Kind,
    Layers,
    Masks,
    MmPerPx,
    PixelsPerClass,
    Seed,
    SmoothingPx,
    Task,
    Trees,
    Unlabelled,
    Views,
)

if TYPE_CHECKING:
    from facies.indexer.segmentation.mask_source import MaskSource

_PIXELS_PER_CLASS = 500


def train(
    *,
    task: Task = "core",
    image: Annotated[
        list[Path] | None, typer.Option(help="A photograph; repeat it with its labels for several.")
    ] = None,
    labels: Annotated[
        list[Path] | None, typer.Option(help="Its labels: strokes (.json), a label image (.png) or points (.csv).")
    ] = None,
    truth: Annotated[
        list[Path] | None, typer.Option(help="A mask of all its pixels, where there is one, for a dense score.")
    ] = None,
    images: Images = None,
    masks: Masks = None,
    layers: Layers = None,
    background: Background = None,
    pixels_per_class: PixelsPerClass = _PIXELS_PER_CLASS,
    out: Annotated[Path, typer.Option(help="File to write the model to.")],
    card: Card = "lite0-stem-3",
    kind: Kind = "extra-trees",
    trees: Trees = 100,
    seed: Seed = 0,
    unlabelled: Unlabelled = 255,
    classes: Classes = None,
    mm_per_px: MmPerPx = None,
    smoothing_mm: Annotated[
        float | None, typer.Option(min=0, metavar="MM", help="Radius that answers are smoothed by; needs a scale.")
    ] = None,
    smoothing_px: SmoothingPx = None,
    network: Annotated[
        Literal["unet", "fpn"] | None,
        typer.Option(help="Train a network whole on masks, with this decoder; wants the extra and a GPU."),
    ] = None,
    encoder: Annotated[str, typer.Option(help="Its backbone.")] = "efficientnet-lite0",
    from_scratch: Annotated[bool, typer.Option("--from-scratch", help="Begin without the backbone's weights.")] = False,
    epochs: Annotated[int, typer.Option(min=1, help="Of a network, at most.")] = 60,
    batches: Annotated[int, typer.Option(min=1, help="Of an epoch.")] = 50,
    batch: Annotated[int, typer.Option(min=2, help="Crops of a batch.")] = 8,
    tile_px: Annotated[int, typer.Option(min=32, metavar="PX", help="Side of a crop, a multiple of 32.")] = 512,
    validate: Annotated[
        bool, typer.Option("--validate/--no-validate", help="Hold strokes out for a score; most of the time goes here.")
    ] = True,
    json: Json = False,
) -> None:
    """Train on strokes of one or several photographs, or on a folder of images with masks of every pixel.

    The report has a score of strokes or images that were held out whole, and the published protocol's, which leaks.
    """
    from facies.indexer.segmentation.commands import check_model_file, run_training
    from facies.indexer.segmentation.maceral_commands import read_mask_lessons, run_network_training
    from facies.indexer.segmentation.overwriting import files_below
    from facies.indexer.segmentation.training import TrainingOrder, pair_lessons

    if (image or labels) and (images or masks):
        raise ConfigurationError("give either --image with --labels, or --images with --masks, and not both")
    if truth and images:
        raise ConfigurationError("--truth goes with --image; the masks of --masks are the truth of --images")
    files = [*(image or ()), *(labels or ()), *(truth or ()), *(one for one in (classes, layers) if one is not None)]
    check_model_file(out, [*files, *files_below([images, masks])])
    source = _mask_source(images, masks, layers, classes, background)
    if network is not None:
        from facies.indexer.segmentation.network_training import NetworkOrder

        if source is None or task != "macerals":
            raise ConfigurationError("--network needs --task macerals, and --images with --masks; give all of them")
        wanted = NetworkOrder(source, network, encoder, from_scratch, epochs, batches, batch, tile_px, seed)
        run_network_training(wanted, out, as_json=json)
        return
    found = None if source is None else read_mask_lessons(source, pixels_per_class=pixels_per_class, seed=seed)
    if found is None and not image and not labels:
        raise ConfigurationError("nothing to train on: give --image with --labels, or --images with --masks")
    order = TrainingOrder(
        task=task,
        lessons=pair_lessons(image or (), labels or ()) if found is None else found.lessons,
        card=card,
        kind=kind,
        trees=trees,
        seed=seed,
        unlabelled=unlabelled,
        classes=classes,
        table=None if found is None else found.table,
        background=None if found is None else found.background,
        mm_per_px=mm_per_px,
        smoothing_mm=smoothing_mm,
        smoothing_px=smoothing_px,
        is_validated=validate,
        truths=tuple(truth or ()),
        notes=() if found is None else found.notes,
    )
    run_training(order, out, as_json=json)


def evaluate(
    *,
    task: Task = "core",
    mask: Annotated[
        list[Path] | None, typer.Option(help="A mask: indexed or grey PNG, or .npy; repeat it with its truth.")
    ] = None,
    truth: Annotated[list[Path] | None, typer.Option(help="What is true, of the same size.")] = None,
    background: Annotated[
        str | None,
        typer.Option(metavar="ID", help="Id of the class that is no maceral, no foreground; of --images its name too."),
    ] = None,
    ignored: Annotated[
        int | None, typer.Option(min=0, max=255, metavar="ID", help="Id of the truth that is left out of the scores.")
    ] = None,
    images: Images = None,
    masks: Masks = None,
    leave_one_out: Annotated[
        bool, typer.Option("--leave-one-out", help="Name each image by a model that was fitted on the others.")
    ] = False,
    within_image: Annotated[
        bool, typer.Option("--within-image", help="Give the score that leaks too, from pixels of the same image.")
    ] = False,
    layers: Layers = None,
    classes: Classes = None,
    card: Card = "lite0-stem-3",
    kind: Kind = "extra-trees",
    trees: Trees = 100,
    seed: Seed = 0,
    pixels_per_class: PixelsPerClass = _PIXELS_PER_CLASS,
    views: Views = "none",
    smoothing_px: SmoothingPx = None,
    json: Json = False,
) -> None:
    """Score masks against the truth, or macerals on images that were left out one by one.

    Counts are pooled over all pixels of all images.
    """
    from facies.indexer.segmentation.commands import run_evaluation
    from facies.indexer.segmentation.maceral_commands import run_maceral_scoring
    from facies.indexer.segmentation.maceral_scoring import ScoringOrder

    if bool(mask or truth) == bool(images or masks):
        raise ConfigurationError("give either --mask with --truth, or --images with --masks, and not both")
    source = _mask_source(images, masks, layers, classes, background)
    if source is None:
        run_evaluation(mask or (), truth or (), background=_number(background), ignored=ignored, as_json=json)
        return
    if task != "macerals" or not leave_one_out:
        raise ConfigurationError("--images and --masks are scored with --task macerals --leave-one-out; give both")
    order = ScoringOrder(
        source=source,
        card=card,
        kind=kind,
        trees=trees,
        seed=seed,
        pixels_per_class=pixels_per_class,
        views=views,
        smoothing_px=smoothing_px,
        is_within_image=within_image,
    )
    run_maceral_scoring(order, as_json=json)


def generate(
    *,
    task: Task = "core",
    out: Annotated[
        Path, typer.Option(help="Folder for image.png, truth.png, labels.png, strokes.json and classes.json.")
    ],
    seed: Annotated[int, typer.Option(min=0, envvar=SEED_VARIABLE, help="The same seed draws the same scene.")] = 0,
    count: Annotated[
        int,
        typer.Option(
            min=1,
            max=1000,
            help="How many scenes; several go to images/, masks/, labels/ and strokes/ as 0000.png and so on.",
        ),
    ] = 1,
    json: Json = False,
) -> None:
    """Draw a core or a photomicrograph with its exact truth and a person's strokes, for tests and for trying out."""
    from facies.indexer.segmentation.commands import run_generation

    run_generation(task, out, seed=seed, count=count, as_json=json)


def _mask_source(
    images: Path | None, masks: Path | None, layers: Path | None, classes: Path | None, background: str | None
) -> MaskSource | None:
    """Images and masks as a source, where they are given."""
    from facies.indexer.segmentation.mask_source import MaskSource

    if (images is None) != (masks is None):
        raise ConfigurationError("--images and --masks go together: a folder of images, and one of their masks")
    if images is None or masks is None:
        if layers is not None:
            raise ConfigurationError("--layers says what the files of --masks are; give --images and --masks too")
        return None
    return MaskSource(images, masks, layers, classes, background)


def _number(background: str | None) -> int | None:
    """The id of the background, where masks are compared without a table of names."""
    if background is None:
        return None
    if not background.isascii() or not background.isdigit() or int(background) > 255:
        raise ConfigurationError(f"--background is {background!r}; masks hold ids, so expected one from 0 to 255")
    return int(background)
