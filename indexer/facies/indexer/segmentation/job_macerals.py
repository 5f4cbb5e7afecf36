"""What jobs of segmentation do about macerals: training on masks, naming images, leaving images out one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from facies.indexer.jobs.kept_files import link_files
from facies.indexer.segmentation.maceral_image import KEPT
from facies.indexer.segmentation.mask_source import MaskSource

if TYPE_CHECKING:
    from pathlib import Path

    from facies.indexer.jobs.work import Work
    from facies.indexer.segmentation.bench import Bench
    from facies.indexer.segmentation.job_inputs import JobInputs
    from facies.indexer.segmentation.job_parameters import (
        ApplyParameters,
        EvaluateParameters,
        MaskedParameters,
        TrainParameters,
    )
    from facies.indexer.segmentation.maceral_order import MaceralOrder

NETWORK: Final = "model.safetensors"
MACERALS: Final = "macerals"
"""Folder of checkpoints that images are written to."""


def find_source(given: MaskedParameters, inputs: JobInputs) -> MaskSource | None:
    """Images and masks, where they are given.

    Raises:
        AccessError, JobNotFoundError, JobFileError: as `JobInputs.find_folder`.
    """
    if given.images is None or given.masks is None:
        return None
    return MaskSource(
        inputs.find_folder(given.images),
        inputs.find_folder(given.masks),
        None if given.layers is None else inputs.find(given.layers),
        None if given.classes is None else inputs.find(given.classes),
        given.background,
    )


def train_on_folder(work: Work, given: TrainParameters, source: MaskSource, bench: Bench) -> dict[str, Any]:
    """Train a network whole on masks, and write it; gives the report.

    Raises:
        FaciesError: as `facies.indexer.segmentation.network_training.train_network`.
    """
    from facies.indexer.segmentation.network_training import NetworkOrder, train_network
    from facies.models.segmentation.finetuned_file import save_segmenter

    order = NetworkOrder(
        source,
        given.network or "unet",
        given.encoder,
        given.from_scratch,
        given.epochs,
        given.batches,
        given.batch,
        given.tile_px,
        given.seed,
    )
    training = train_network(order, bench, work.progress)
    save_segmenter(training.segmenter, work.folder.results / NETWORK)
    return {"model": NETWORK, **training.report}


def name_macerals(work: Work, given: ApplyParameters, model: Path, inputs: JobInputs, bench: Bench) -> dict[str, Any]:
    """Name images, behind those that an earlier attempt has finished; gives the report.

    Raises:
        FaciesError: as `facies.indexer.segmentation.maceral_run.MaceralRun`.
    """
    from facies.indexer.segmentation.maceral_order import MaceralOrder

    order = MaceralOrder(
        model=model,
        images=tuple(inputs.find_all(given.image or ())),
        out=work.folder.checkpoints / MACERALS,
        um_per_px=given.um_per_px,
        views=given.views,
        min_area_um2=given.min_area_um2,
        max_hole_um2=given.max_hole_um2,
        min_area_px=given.min_area_px,
        max_hole_px=given.max_hole_px,
        background=given.background,
    )
    return run_macerals(work, order, bench)


def run_macerals(work: Work, order: MaceralOrder, bench: Bench) -> dict[str, Any]:
    """Name images among the checkpoints, and make the files results; gives the report.

    Raises:
        FaciesError: as `facies.indexer.segmentation.maceral_run.MaceralRun`.
    """
    from facies.indexer.segmentation.maceral_run import MaceralRun

    report = MaceralRun(order, bench, work.progress).run()
    work.check()
    link_files(order.out, work.folder.results, without=[KEPT])
    return report


def score_left_out(work: Work, given: EvaluateParameters, source: MaskSource, bench: Bench) -> dict[str, Any]:
    """Name each image by a model of the others; gives the report.

    Raises:
        FaciesError: as `facies.indexer.segmentation.maceral_scoring.score_macerals`.
    """
    from facies.indexer.segmentation.maceral_scoring import ScoringOrder, score_macerals

    order = ScoringOrder(
        source=source,
        card=given.card,
        kind=given.kind,
        trees=given.trees,
        seed=given.seed,
        pixels_per_class=given.pixels_per_class,
        views=given.views,
        smoothing_px=given.smoothing_px,
        is_within_image=given.within_image,
    )
    return score_macerals(order, bench, work.progress)
