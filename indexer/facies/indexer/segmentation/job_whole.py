"""Strokes in, a named core out, as one job: training, naming all pictures, and where to draw next.

The model is a checkpoint, and so is each finished section; a further attempt goes on behind the last of them.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from facies.core.folders import make_folder
from facies.indexer.jobs.kept_files import link_files
from facies.indexer.segmentation.bench import Bench
from facies.indexer.segmentation.core_order import CoreOrder
from facies.indexer.segmentation.depth import Section
from facies.indexer.segmentation.job_files import CORE, MODEL, PROCESS_NOTE, SUGGESTIONS, TRAINING, write_json
from facies.indexer.segmentation.job_macerals import MACERALS, run_macerals
from facies.indexer.segmentation.las_curves import WellHeader
from facies.indexer.segmentation.section_file import NAME

if TYPE_CHECKING:
    from pathlib import Path

    from facies.indexer.jobs.work import Work
    from facies.indexer.segmentation.job_inputs import JobInputs
    from facies.indexer.segmentation.job_parameters import WholeParameters
    from facies.indexer.segmentation.job_parts import PicturePart

TRAINED: Final = "trained"
"""Folder of checkpoints that the model and its report are written to, the report last."""


def name_whole(work: Work, given: WholeParameters, inputs: JobInputs) -> dict[str, Any]:
    """Do all of it; gives the report of the naming, with ``training`` and ``suggestions``.

    Raises:
        JobBrokenOffError: the attempt was to end; the model and finished pictures are kept.
        FaciesError: as the functions that it calls.
    """
    bench = Bench(work.settings, work.check)
    trained = work.folder.checkpoints / TRAINED
    training = _train(work, given, inputs, bench, trained)
    named = _name_core if given.task == "core" else _name_macerals
    report = named(work, given, inputs, bench, trained / MODEL)
    suggestions = _suggest(work, given, inputs, bench, trained / MODEL)
    work.check()
    link_files(trained, work.folder.results)
    write_json(work.folder.results / SUGGESTIONS, {"images": suggestions})
    return {**report, "training": training, "suggestions": suggestions}


def _train(work: Work, given: WholeParameters, inputs: JobInputs, bench: Bench, folder: Path) -> dict[str, Any]:
    from facies.indexer.segmentation.training import Lesson, TrainingOrder, train
    from facies.models.segmentation.model_file import save_model

    if (folder / TRAINING).is_file():
        kept: dict[str, Any] = json.loads((folder / TRAINING).read_text(encoding="utf-8"))
        return kept
    order = TrainingOrder(
        task=given.task,
        lessons=tuple(
            # Strokes that stood in the order became uploads then.
            Lesson(inputs.find(one.image), inputs.find(one.labels))
            for one in given.pictures
            if isinstance(one.labels, str)
        ),
        card=given.card,
        kind=given.kind,
        trees=given.trees,
        seed=given.seed,
        mm_per_px=_scale(given),
        smoothing_px=given.smoothing_px,
        is_validated=given.is_validated,
    )
    training = train(order, bench, work.progress)
    work.progress("writing the model")
    make_folder(folder)
    save_model(training.model, folder / MODEL)
    report = {"model": MODEL, **training.report, "notes": [*training.report["notes"], PROCESS_NOTE]}
    write_json(folder / TRAINING, report)
    return report


def _scale(given: WholeParameters) -> float | None:
    """The scale of training, where all pictures have one and the same."""
    if given.um_per_px is not None:
        return given.um_per_px / 1000
    scales = {one.mm_per_px for one in given.pictures}
    return scales.pop() if len(scales) == 1 else None


def _name_core(work: Work, given: WholeParameters, inputs: JobInputs, bench: Bench, model: Path) -> dict[str, Any]:
    from facies.indexer.segmentation.core_run import CoreRun

    sections = tuple(found for one in given.pictures if (found := _section(inputs, one)) is not None)
    alone = given.pictures[0]
    order = CoreOrder(
        model=model,
        out=work.folder.checkpoints / CORE,
        sections=sections,
        image=None if sections else inputs.find(alone.image),
        mm_per_px=None if sections else alone.mm_per_px,
        finds_rock=given.rock == "auto",
        not_rock=given.not_rock,
        step_m=given.step_m,
        least_m=given.least_m,
        header=WellHeader(well=given.well),
    )
    report = CoreRun(order, bench, work.progress).run()
    work.check()
    link_files(order.out, work.folder.results, without=[NAME])
    return report


def _name_macerals(work: Work, given: WholeParameters, inputs: JobInputs, bench: Bench, model: Path) -> dict[str, Any]:
    from facies.indexer.segmentation.maceral_order import MaceralOrder

    order = MaceralOrder(
        model=model,
        images=tuple(inputs.find(one.image) for one in given.pictures),
        out=work.folder.checkpoints / MACERALS,
        um_per_px=given.um_per_px,
        min_area_um2=given.min_area_um2,
        min_area_px=given.min_area_px,
        background=given.background,
    )
    return run_macerals(work, order, bench)


def _suggest(work: Work, given: WholeParameters, inputs: JobInputs, bench: Bench, model: Path) -> list[dict[str, Any]]:
    from facies.indexer.segmentation.suggesting import SuggestionOrder, suggest
    from facies.models.hashes import hash_file

    found = []
    for one in given.pictures if given.count else ():
        if not isinstance(one.labels, str):
            continue
        image = inputs.find(one.image)
        order = SuggestionOrder(
            model=model,
            image=image,
            labels=inputs.find(one.labels),
            count=given.count,
            finds_rock=given.task == "core" and given.rock == "auto",
            section=_section(inputs, one),
            mm_per_px=one.mm_per_px,
        )
        places = suggest(
            order, bench, lambda stage, done, total: work.progress(f"looking for doubt: {stage}", done, total)
        )
        found.append({"image": image.name, "sha256": hash_file(image), "suggestions": [asdict(one) for one in places]})
    return found


def _section(inputs: JobInputs, one: PicturePart) -> Section | None:
    """A picture as a section, where it has a depth."""
    return None if one.top_m is None else Section(inputs.find(one.image), one.top_m, one.base_m, one.mm_per_px)
