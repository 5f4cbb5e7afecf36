"""Adaptation of a collection: a metric head fitted on its validated labels, beside the vectors as they are.

What a head is worth is measured before there is one, on labelled images that it has not seen; one that does not help is
not made. A head is fitted on one vector and on the labels as they are by then; fitted again, it makes the next
generation (see `facies.indexer.generations`).
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias

from facies.core.errors import QueryError
from facies.core.records import CollectionRecord, VectorRecord
from facies.indexer.evaluation.comparison import Difference
from facies.indexer.evaluation.gallery import Gallery
from facies.indexer.evaluation.selection import align, take_part
from facies.indexer.evaluation.stored import read_gallery
from facies.indexer.evaluation.subjects import Grouping
from facies.indexer.generations import check_replaceable, find_generation, is_generation
from facies.indexer.metric_trial import Trial, run_trial
from facies.indexer.named_vectors import choose_default
from facies.indexer.progress import OnProgress
from facies.indexer.staging import DerivedReport, Stage, Staged, describe_use, find_source, use_staged
from facies.models.metric_head import MetricHead, fit_metric_head

if TYPE_CHECKING:
    from facies.core.workspace import Workspace

KIND: Final = "adapted"

_HALF: Final = 0.5


@dataclass(slots=True)
class AdaptedReport(DerivedReport):
    """What became of an adaptation.

    Attributes:
        labels: validated images that took part.
        classes: theirs.
        held_out: share of them that each trial fit did not see.
        helps: whether the head was ahead of the vectors as they are.
        figures: F1, mAP and P@n_k on held-out images, of the head (``adapted``) and of each vector as it is.
        gains: of the head over each of these: mean, lower and upper end of an interval of 95 %.
    """

    labels: int = 0
    classes: int = 0
    held_out: float = 0.0
    helps: bool = False
    figures: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    gains: Mapping[str, Mapping[str, tuple[float, float, float]]] = field(default_factory=dict)


Adaptation: TypeAlias = Staged[AdaptedReport]
"""An adaptation whose vectors are there and not in use yet."""


@dataclass(frozen=True, slots=True, eq=False)
class Tried:
    """A head that was measured, and the labelled images to fit it on.

    Attributes:
        source: the vector that it is to be computed from.
        gallery: the labelled images with that vector.
        trial: how it fared.
    """

    source: VectorRecord
    gallery: Gallery
    trial: Trial


def choose_source(record: CollectionRecord, vector: str | None) -> VectorRecord:
    """The vector to be adapted: the one named, else the one that images are embedded for.

    Raises:
        QueryError: the collection has none of this name, or it has learnt from labels itself.
        CatalogError: others are computed from what would be replaced.
    """
    source = find_source(record, vector)
    if _has_learnt(record, source):
        raise QueryError(
            f"vector {source.name!r} of collection {record.name!r} has learnt from the labels already, those by which "
            f"a trial would measure it too. Give `--vector {record.origin_of(source).name}`, and it is fitted anew."
        )
    forerunner = find_generation(record, source, KIND)
    if forerunner is not None:
        check_replaceable(record, forerunner)
    return source


def try_head(
    workspace: Workspace,
    name: str,
    vector: str | None = None,
    *,
    grouping: Grouping | None = None,
    head: MetricHead | None = None,
) -> Tried:
    """Measure a head against its source, and against the default vector where that is another; changes nothing.

    Args:
        workspace: the open data.
        name: of the collection.
        vector: the source; None: the vector that images are embedded for.
        grouping: which images are near-duplicates, that must not be parted into fit and measure.
        head: how it is fitted.

    Raises:
        CollectionNotFoundError: there is no such collection.
        QueryError: see `choose_source`; or there are too few labels or classes.
        CatalogError: see `choose_source`.
        ConfigurationError: no image has the field of the groups.
    """
    record = workspace.catalog.collection(name)
    source = choose_source(record, vector)
    compared = [source.name]
    # The default may be a head's vector, which has seen the labels of the held-out images.
    if record.default_vector != source and not _has_learnt(record, record.default_vector):
        compared.append(record.default_vector.name)
    galleries = [take_part(one) for one in align([read_gallery(workspace, name, one, grouping) for one in compared])]
    gallery = galleries[0]
    trial = run_trial(
        gallery.vectors,
        gallery.labels,
        others={one.name: one.vectors for one in galleries},
        groups=gallery.groups,
        head=head,
    )
    return Tried(source, gallery, trial)


def report_trial(workspace: Workspace, name: str, tried: Tried) -> AdaptedReport:
    """Say how a head fared, and what is in use of an earlier one, where none is to be made."""
    report = _open_report(name, tried)
    forerunner = find_generation(workspace.catalog.collection(name), tried.source, KIND)
    if forerunner is not None:
        report.vector = forerunner.name
        report.notes.append(f"{forerunner.name} stays as it was fitted before")
        if not tried.trial.helps:
            report.notes.append(
                "by the labels as they are now it does not help: `facies collections set-default` and `drop-model` "
                "put it away"
            )
    describe_use(workspace, report)
    return report


def stage_adaptation(
    workspace: Workspace,
    name: str,
    tried: Tried,
    *,
    head: MetricHead | None = None,
    progress: OnProgress | None = None,
    stop: threading.Event | None = None,
) -> Adaptation:
    """Fit the head on all labelled images, and compute the vectors of all images; none is in use yet.

    Args:
        workspace: the open data.
        name: of the collection.
        tried: see `try_head`.
        head: as it was tried.
        progress: told after each batch.
        stop: when set, the run ends early and leaves what was in use.

    Raises:
        ModelError: the labelled images of each class are all alike.
        StorageError: disk full; what was in use still is.
    """
    report = _open_report(name, tried)
    stage = Stage(workspace, tried.source, KIND, report, progress=progress, stop=stop)
    return stage.fill(fit_metric_head(tried.gallery.vectors, tried.gallery.labels, head))


def use_adaptation(workspace: Workspace, staged: Adaptation, *, default: bool = False) -> AdaptedReport:
    """Put what `stage_adaptation` made in use, beside the other vectors or as the default.

    Raises:
        CatalogError: images that were found before would be lost.
    """
    report = use_staged(workspace, staged, default=default)
    if default and not report.interrupted and not report.is_default and not report.lacking:
        choose_default(workspace, report.collection, report.vector)
        report.is_default = True
    if not report.interrupted:
        report.notes.append(
            f"{report.vector} has learnt from {report.labels:,} labels as they are now; when labels come or change, "
            f"`facies collections adapt {report.collection}` tries and fits anew"
        )
    return report


def _has_learnt(record: CollectionRecord, vector: VectorRecord) -> bool:
    """Whether a metric head made the vector, or one that it is computed from."""
    source = record.source_of(vector)
    return source is not None and (is_generation(vector, source, KIND) or _has_learnt(record, source))


def _open_report(name: str, tried: Tried) -> AdaptedReport:
    trial = tried.trial
    return AdaptedReport(
        name,
        "",
        tried.source.name,
        notes=[*tried.gallery.notes, *_notes_on(trial)],
        labels=trial.images,
        classes=trial.classes,
        held_out=trial.share,
        helps=trial.helps,
        figures={KIND: trial.adapted.means, **{one: figures.means for one, figures in trial.plain.items()}},
        gains={
            one: {
                "f1": _interval(gain.f1),
                "map": _interval(gain.average_precision),
                "p_at_nk": _interval(gain.p_at_nk),
            }
            for one, gain in trial.gains.items()
        },
    )


def _notes_on(trial: Trial) -> Sequence[str]:
    if trial.share < _HALF:
        return ()
    return ("labels are few, so that half of them were held out; a head of all may be better than its figures",)


def _interval(difference: Difference) -> tuple[float, float, float]:
    return difference.mean, difference.low, difference.high
