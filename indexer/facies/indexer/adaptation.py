"""Adaptation of a collection: a metric head fitted on its validated labels, beside the vectors as they are.

What a head is worth is measured before there is one, on labelled images that it has not seen; one that does not help is
not made. A head is fitted on one vector and on the labels as they are by then; fitted again, it makes the next
generation (see `facies.indexer.generations`).
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias

from facies.core.errors import QueryError
from facies.core.records import CollectionRecord, VectorRecord
from facies.indexer.evaluation.comparison import Difference
from facies.indexer.evaluation.gallery import Gallery
from facies.indexer.evaluation.selection import align, take_part
from facies.indexer.evaluation.stored import read_gallery
from facies.indexer.evaluation.subjects import Grouping
from facies.indexer.generations import ADAPTED, check_replaceable, find_generation, has_learnt, is_head
from facies.indexer.metric_trial import Trial, run_trial
from facies.indexer.named_vectors import choose_default
from facies.indexer.progress import OnProgress
from facies.indexer.staging import DerivedReport, Stage, Staged, describe_use, find_source, use_staged
from facies.models.metric_head import MetricHead, fit_metric_head

if TYPE_CHECKING:
    from facies.core.workspace import Workspace

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
        passed_over: heads on other vectors, by these, that fared worse.
    """

    source: VectorRecord
    gallery: Gallery
    trial: Trial
    passed_over: Mapping[str, Trial]


def list_sources(record: CollectionRecord, vector: str | None) -> list[VectorRecord]:
    """The vectors that a head may be fitted on.

    The one named; else that of the head that is there; else the vector that images are embedded for and the default,
    where that is another: which of them is better depends on how many labels there are.

    Raises:
        QueryError: the collection has none of this name, or it has learnt from labels itself.
        CatalogError: others are computed from what would be replaced.
    """
    if vector is not None:
        sources = [find_source(record, vector)]
    else:
        heads = [record.source_of(one) for one in record.vectors if is_head(record, one)]
        sources = [one for one in heads if one is not None][:1] or _list_plain(record, record.embedded_vector)
    for source in sources:
        if has_learnt(record, source):
            raise QueryError(
                f"vector {source.name!r} of collection {record.name!r} has learnt from the labels already, those by "
                f"which a trial would measure it too. Give `--vector {record.origin_of(source).name}`, and it is "
                "fitted anew."
            )
        forerunner = find_generation(record, source, ADAPTED)
        if forerunner is not None:
            check_replaceable(record, forerunner)
    return sources


def try_head(
    workspace: Workspace,
    name: str,
    vector: str | None = None,
    *,
    grouping: Grouping | None = None,
    head: MetricHead | None = None,
) -> Tried:
    """Measure a head against its source, the model's own vector and the default one; changes nothing.

    Of several possible sources the one is taken whose head helps, then the one whose head finds more of what it has not
    seen (mAP).

    Args:
        workspace: the open data.
        name: of the collection.
        vector: the source; None: see `list_sources`.
        grouping: which images are near-duplicates, that must not be parted into fit and measure.
        head: how it is fitted.

    Raises:
        CollectionNotFoundError: there is no such collection.
        QueryError: see `list_sources`; or there are too few labels or classes.
        CatalogError: see `list_sources`.
        ConfigurationError: no image has the field of the groups.
    """
    record = workspace.catalog.collection(name)
    sources = list_sources(record, vector)
    compared = dict.fromkeys(one.name for source in sources for one in _list_plain(record, source))
    read = align([read_gallery(workspace, name, one, grouping) for one in compared])
    galleries = {one.name: one for one in map(take_part, read)}
    others = {one: gallery.vectors for one, gallery in galleries.items()}
    trials = {}
    for source in sources:
        gallery = galleries[source.name]
        trials[source.name] = run_trial(
            gallery.vectors, gallery.labels, others=others, groups=gallery.groups, head=head
        )
    best = max(sources, key=lambda one: (trials[one.name].helps, trials[one.name].adapted.means["map"]))
    return Tried(best, galleries[best.name], trials.pop(best.name), trials)


def report_trial(workspace: Workspace, name: str, tried: Tried) -> AdaptedReport:
    """Say how a head fared, and what is in use of an earlier one, where none is to be made."""
    report = _open_report(name, tried)
    forerunner = find_generation(workspace.catalog.collection(name), tried.source, ADAPTED)
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
    stage = Stage(workspace, tried.source, ADAPTED, report, progress=progress, stop=stop)
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


def _list_plain(record: CollectionRecord, vector: VectorRecord) -> list[VectorRecord]:
    """A vector, the model's own and the default, but none that has seen the labels of the images that are held out."""
    plain = {one.name: one for one in (vector, record.origin_of(vector), record.default_vector)}
    return [one for one in plain.values() if not has_learnt(record, one)]


def _open_report(name: str, tried: Tried) -> AdaptedReport:
    trial = tried.trial
    return AdaptedReport(
        name,
        "",
        tried.source.name,
        notes=[*tried.gallery.notes, *_notes_on(tried)],
        labels=trial.images,
        classes=trial.classes,
        held_out=trial.share,
        helps=trial.helps,
        figures={ADAPTED: trial.adapted.means, **{one: figures.means for one, figures in trial.plain.items()}},
        gains={
            one: {
                "f1": _interval(gain.f1),
                "map": _interval(gain.average_precision),
                "p_at_nk": _interval(gain.p_at_nk),
            }
            for one, gain in trial.gains.items()
        },
    )


def _notes_on(tried: Tried) -> Iterator[str]:
    for source, trial in tried.passed_over.items():
        means = trial.adapted.means
        yield f"learnt on {source} instead, F1 was {means['f1']:.3f} and mAP {means['map']:.3f}"
    if tried.trial.share >= _HALF:
        yield "labels are few, so that half of them were held out; a head of all may be better than its figures"


def _interval(difference: Difference) -> tuple[float, float, float]:
    return difference.mean, difference.low, difference.high
