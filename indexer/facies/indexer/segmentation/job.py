"""Jobs of kind ``segment``: what the commands of ``facies segment`` do, in the background.

A core goes on behind its last finished section: sections are checkpoints, and become results when all are done. The
other actions change nothing before their last step and begin anew; maps of photographs are kept by then.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from facies.core.errors import ConfigurationError, SegmentationModelError
from facies.core.folders import make_folder
from facies.indexer.jobs.kept_files import link_files
from facies.indexer.segmentation.bench import Bench
from facies.indexer.segmentation.core_order import CoreOrder
from facies.indexer.segmentation.depth import Section
from facies.indexer.segmentation.job_files import CORE, MODEL, PROCESS_NOTE, SUGGESTIONS, TRAINING, write_json
from facies.indexer.segmentation.job_inputs import JobInputs
from facies.indexer.segmentation.job_macerals import find_source, name_macerals, score_left_out, train_on_folder
from facies.indexer.segmentation.job_parameters import (
    ApplyParameters,
    EvaluateParameters,
    GenerateParameters,
    SegmentParameters,
    SuggestParameters,
    TrainParameters,
)
from facies.indexer.segmentation.job_whole import name_whole
from facies.indexer.segmentation.las_curves import WellHeader
from facies.indexer.segmentation.section_file import NAME

if TYPE_CHECKING:
    from facies.indexer.jobs.work import Work

SCORES: Final = "scores.json"

_Do: TypeAlias = "Callable[[Work, Any, JobInputs], dict[str, Any]]"


def run(work: Work) -> dict[str, Any]:
    """Do what the job's parameters say; gives the report of the command.

    Raises:
        JobBrokenOffError: the attempt was to end; finished sections are kept.
        FaciesError: as the functions that the commands call.
    """
    given = SegmentParameters.model_validate(work.job.parameters)
    inputs = JobInputs(work.folder, work.workspace.catalog, work.desk.root, given.within)
    work.progress("opening")
    make_folder(work.folder.results)
    return _ACTIONS[given.action](work, given, inputs)


def _train(work: Work, given: TrainParameters, inputs: JobInputs) -> dict[str, Any]:
    from facies.indexer.segmentation.mask_lessons import lessons_of
    from facies.indexer.segmentation.training import TrainingOrder, pair_lessons, train
    from facies.models.segmentation.model_file import save_model

    bench, source = Bench(work.settings, work.check), find_source(given, inputs)
    if source is not None and given.network is not None:
        return _told(work, TRAINING, train_on_folder(work, given, source, bench))
    masks = None if source is None else source.open(bench.limits.max_pixels)
    # Strokes that stood in the order became uploads then.
    labels = [one for one in given.labels or () if isinstance(one, str)]
    order = TrainingOrder(
        task=given.task,
        lessons=pair_lessons(inputs.find_all(given.image or ()), inputs.find_all(labels))
        if masks is None
        else lessons_of(masks, pixels_per_class=given.pixels_per_class, seed=given.seed),
        card=given.card,
        kind=given.kind,
        trees=given.trees,
        seed=given.seed,
        unlabelled=given.unlabelled,
        classes=None if given.classes is None else inputs.find(given.classes),
        table=None if masks is None else masks.table,
        background=None if masks is None else masks.table.classes[masks.background].id,
        mm_per_px=given.mm_per_px,
        smoothing_mm=given.smoothing_mm,
        smoothing_px=given.smoothing_px,
        is_validated=given.is_validated,
        truths=tuple(inputs.find_all(given.truth or ())),
        notes=() if masks is None else masks.notes,
    )
    training = train(order, bench, work.progress)
    work.progress("writing the model")
    save_model(training.model, work.folder.results / MODEL)
    report = {**training.report, "notes": [*training.report["notes"], PROCESS_NOTE]}
    return _told(work, TRAINING, {"model": MODEL, **report})


def _apply(work: Work, given: ApplyParameters, inputs: JobInputs) -> dict[str, Any]:
    from facies.indexer.segmentation.core_run import CoreRun
    from facies.indexer.segmentation.maceral_models import find_task

    model, bench = inputs.find(given.model), Bench(work.settings, work.check)
    trained_for = find_task(model)
    if given.task is not None and given.task != trained_for:
        raise SegmentationModelError(f"{model.name} was trained for the task {trained_for}, not for {given.task}")
    if foreign := given.foreign(trained_for):
        raise ConfigurationError(f"the model is for {trained_for}, and {', '.join(foreign)} means nothing there")
    if trained_for == "macerals":
        return _warned(work, name_macerals(work, given, model, inputs, bench))
    images = given.image or ()
    if len(images) > 1:
        raise ConfigurationError(f"{len(images)} images of a core are given; list them with their depths as sections")
    section = _section(inputs, given)
    found = inputs.sections(given.sections) if given.sections is not None else (() if section is None else (section,))
    order = CoreOrder(
        model=model,
        out=work.folder.checkpoints / CORE,
        sections=found,
        image=inputs.find(images[0]) if images and section is None else None,
        mm_per_px=given.mm_per_px,
        finds_rock=given.rock == "auto",
        not_rock=given.not_rock,
        step_m=given.step_m,
        intervals=inputs.intervals(given.intervals),
        least_m=given.least_m,
        header=WellHeader(well=given.well),
        is_list=given.sections is not None,
    )
    report = CoreRun(order, bench, work.progress).run()
    work.check()
    link_files(order.out, work.folder.results, without=[NAME])
    return _warned(work, report)


def _evaluate(work: Work, given: EvaluateParameters, inputs: JobInputs) -> dict[str, Any]:
    from facies.indexer.segmentation.mask_scoring import score_masks

    source = find_source(given, inputs)
    if source is not None:
        return _told(work, SCORES, score_left_out(work, given, source, Bench(work.settings, work.check)))
    masks = inputs.find_all(given.mask or ())
    scores = score_masks(
        masks,
        inputs.find_all(given.truth or ()),
        background=given.background_id,
        ignored=given.ignored,
        tell=work.progress,
    )
    return _told(work, SCORES, {**scores.as_json(), "images": len(masks)})


def _suggest(work: Work, given: SuggestParameters, inputs: JobInputs) -> dict[str, Any]:
    from facies.indexer.segmentation.suggesting import SuggestionOrder, suggest

    image = inputs.find(given.image)
    order = SuggestionOrder(
        model=inputs.find(given.model),
        image=image,
        labels=inputs.find(given.labels) if isinstance(given.labels, str) else None,
        unlabelled=given.unlabelled,
        count=given.count,
        radius_px=given.radius_px,
        finds_rock=given.rock == "auto",
        section=_section(inputs, given),
        mm_per_px=given.mm_per_px,
    )
    found = suggest(order, Bench(work.settings, work.check), work.progress)
    return _told(work, SUGGESTIONS, {"image": image.name, "suggestions": [asdict(one) for one in found]})


def _generate(work: Work, given: GenerateParameters, _: JobInputs) -> dict[str, Any]:
    from facies.indexer.segmentation.generated_files import draw_scenes

    written = draw_scenes(given.task, work.folder.results, seed=given.seed, count=given.count, tell=work.progress)
    return {"seed": given.seed, "files": [str(path.relative_to(work.folder.results)) for path in written]}


_ACTIONS: Final[Mapping[str, _Do]] = {
    "train": _train,
    "apply": _apply,
    "evaluate": _evaluate,
    "suggest": _suggest,
    "generate": _generate,
    "whole": lambda work, given, inputs: _warned(work, name_whole(work, given, inputs)),
}


def _section(inputs: JobInputs, given: ApplyParameters | SuggestParameters) -> Section | None:
    """The image as a section, where it has a depth."""
    if given.image is None or given.top_m is None:
        return None
    image = given.image if isinstance(given.image, str) else given.image[0]
    return Section(inputs.find(image), given.top_m, given.base_m, given.mm_per_px)


def _warned(work: Work, report: dict[str, Any]) -> dict[str, Any]:
    """The report; what could not be read stands in the log too."""
    for one in report["failed"]:
        work.log(f"{one['image']}: {one['reason']}", "warning")
    return report


def _told(work: Work, name: str, report: dict[str, Any]) -> dict[str, Any]:
    """The report, written beside the other results too."""
    write_json(work.folder.results / name, report)
    return report
