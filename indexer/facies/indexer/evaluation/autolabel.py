"""How well images are labelled by themselves at a precision that is asked for: measured on labels that are known.

Ten times half of the images count as validated, and the rest is labelled from them. Rule, calibration and gate see the
validated half alone. Ten times more a fifth of the classes is taken out of the validated half, as if nobody had seen
them yet: none of their images should get a name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score
from threadpoolctl import threadpool_limits

from facies.indexer.evaluation.splits import compute_splits
from facies.models.abstention import Verdict, decide, fit_rule
from facies.models.calibration import Reliability, measure_reliability, soften
from facies.models.namers import Validated, Way, fit_namer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facies.core.metrics import Codes, Embeddings
    from facies.models.namers import Named, Namer

Values = NDArray[np.float64]

HALF: Final = 0.5
PRECISIONS: Final = (0.9, 0.95, 0.99)
_STRANGE_SHARE: Final = 5
"""One in so many classes is taken out, at least one."""
_FEWEST_KNOWN: Final = 2


@dataclass(frozen=True, slots=True, eq=False)
class Labelled:
    """What a precision that was asked for gave in s splits.

    Attributes:
        precision: asked for.
        achieved: shape (s,): share of right labels; NaN where no image got one.
        coverage: shape (s,): share of images that got a label.
        foretold: shape (s,): the coverage that the validated half promised.
        unknown: shape (s,): share of images beyond the novelty gate.
        sets: shape (s,): mean size of the sets of those that got neither; NaN where there are none.
        held: shape (s,): share of these sets that hold the right class.
    """

    precision: float
    achieved: Values
    coverage: Values
    foretold: Values
    unknown: Values
    sets: Values
    held: Values


@dataclass(frozen=True, slots=True, eq=False)
class Strangers:
    """What became of images of classes that nobody had validated, in s draws of these classes, at one precision.

    Attributes:
        precision: asked for.
        classes: how many were taken out.
        auroc: shape (s,): how well novelty tells their images from the others, 0.5 by chance, at most 1.
        accepted: shape (s,): share of them that got a label, which is wrong, with the gate.
        ungated: shape (s,): the same without it.
        coverage: shape (s,): share of the images of known classes that got a label, with the gate.
        achieved: shape (s,): share of these that is right.
    """

    precision: float
    classes: int
    auroc: Values
    accepted: Values
    ungated: Values
    coverage: Values
    achieved: Values


@dataclass(frozen=True, slots=True, eq=False)
class Autolabelled:
    """What was measured.

    Attributes:
        images: that took part.
        classes: theirs.
        gated: for each precision asked for, with the novelty gate, as it is by default.
        ungated: the same without.
        reliability: of the most probable names of all splits.
        before: the same, before the temperature.
        ways: how often each way of naming was chosen.
        strangers: None where there are too few classes to take one out.
    """

    images: int
    classes: int
    gated: tuple[Labelled, ...]
    ungated: tuple[Labelled, ...]
    reliability: Reliability
    before: Reliability
    ways: Mapping[Way, int]
    strangers: Strangers | None


def evaluate_autolabel(
    vectors: Embeddings,
    labels: Sequence[str],
    *,
    groups: Sequence[str] | None = None,
    precisions: Sequence[float] = PRECISIONS,
) -> Autolabelled:
    """Label images of which the labels are known.

    Args:
        vectors: shape (n, d), float32, unit rows.
        labels: n class names.
        groups: the group of each image; a whole group is validated, or to be labelled.
        precisions: those asked for, at least one; for the strangers the first one.

    Raises:
        QueryError: there are too few images, classes or groups, or a precision is out of its range.
    """
    classes, codes = np.unique(np.asarray(labels, dtype=str), return_inverse=True)
    grouped = None if groups is None else np.unique(np.asarray(groups, dtype=str), return_inverse=True)[1]
    # The products here are small: one thread each is as fast, and does not wait for cores that others use.
    with threadpool_limits(1):
        trials = list(_try_known(vectors, codes, grouped))
        strangers = _try_strangers(vectors, codes, grouped, precisions[0])
    confidence, right, before = (np.concatenate(parts) for parts in zip(*map(_sureness, trials), strict=True))
    return Autolabelled(
        len(codes),
        len(classes),
        tuple(_label(trials, precision, gated=True) for precision in precisions),
        tuple(_label(trials, precision, gated=False) for precision in precisions),
        measure_reliability(confidence, right),
        measure_reliability(before, right),
        Counter(trial.namer.way for trial in trials),
        strangers,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Trial:
    namer: Namer
    named: Named
    truth: Codes
    """Of the images that were named, as numbers of the namer's classes."""


def _try_known(vectors: Embeddings, codes: Codes, groups: Codes | None) -> Iterator[_Trial]:
    for split in compute_splits(codes, groups, HALF):
        namer = _fit(vectors, codes, groups, split.train)
        yield _Trial(namer, namer.name(vectors[split.test]), codes[split.test])


def _try_strangers(vectors: Embeddings, codes: Codes, groups: Codes | None, precision: float) -> Strangers | None:
    count = int(codes.max()) + 1
    taken = max(1, count // _STRANGE_SHARE)
    if count - taken < _FEWEST_KNOWN:
        return None
    figures = []
    for seed, split in enumerate(compute_splits(codes, groups, HALF)):
        strange = np.isin(codes, np.random.default_rng(seed).choice(count, taken, replace=False))
        known = split.train[~strange[split.train]]
        if len(np.unique(codes[known])) < _FEWEST_KNOWN:
            continue
        namer = _fit(vectors, codes, groups, known)
        test = split.test[~strange[split.test]]
        # Also strangers that fell to the other half: nobody has validated them.
        others = np.flatnonzero(strange)
        trial = _Trial(namer, namer.name(vectors[test]), codes[test])
        figures.append(_meet(trial, namer.name(vectors[others]), precision))
    if not figures:
        return None
    return Strangers(precision, taken, *(np.array(column) for column in zip(*figures, strict=True)))


def _fit(vectors: Embeddings, codes: Codes, groups: Codes | None, chosen: Codes) -> Namer:
    """Fit on the images chosen; classes keep their numbers, so that those without an image are never named."""
    names = tuple(str(code) for code in range(int(codes.max()) + 1))
    grouped = None if groups is None else np.unique(groups[chosen], return_inverse=True)[1]
    return fit_namer(Validated(vectors[chosen], codes[chosen], names, grouped))


def _meet(trial: _Trial, strange: Named, precision: float) -> tuple[float, ...]:
    """AUROC, strangers accepted with and without the gate, coverage and precision of the others with it."""
    known = trial.named.novelty
    auroc = roc_auc_score(np.r_[np.zeros(len(known)), np.ones(len(strange.novelty))], np.r_[known, strange.novelty])
    accepted = [
        float(np.mean(decide(strange.probabilities, strange.novelty, rule).verdicts == Verdict.LABEL))
        for rule in (fit_rule(trial.namer, precision, gate=gated) for gated in (True, False))
    ]
    decided = decide(trial.named.probabilities, known, fit_rule(trial.namer, precision))
    labelled = decided.verdicts == Verdict.LABEL
    return float(auroc), *accepted, float(labelled.mean()), _mean(decided.codes[labelled] == trial.truth[labelled])


def _label(trials: Sequence[_Trial], precision: float, *, gated: bool) -> Labelled:
    rows = []
    for trial in trials:
        rule = fit_rule(trial.namer, precision, gate=gated)
        decided = decide(trial.named.probabilities, trial.named.novelty, rule)
        labelled, in_sets = decided.verdicts == Verdict.LABEL, decided.verdicts == Verdict.SET
        held = decided.sets[np.arange(len(trial.truth)), trial.truth][in_sets]
        rows.append(
            (
                _mean(decided.codes[labelled] == trial.truth[labelled]),
                float(labelled.mean()),
                rule.coverage,
                float(np.mean(decided.verdicts == Verdict.UNKNOWN)),
                _mean(decided.sets[in_sets].sum(axis=1)),
                _mean(held),
            )
        )
    return Labelled(precision, *(np.array(column) for column in zip(*rows, strict=True)))


def _sureness(trial: _Trial) -> tuple[Values, NDArray[np.bool_], Values]:
    """The probability of each name, whether it is right, and the probability before the temperature."""
    named = trial.named.probabilities
    before = soften(named, 1 / trial.namer.temperature)
    return named.max(axis=1), named.argmax(axis=1) == trial.truth, before.max(axis=1)


def _mean(values: NDArray[np.generic]) -> float:
    return float(np.mean(values.astype(np.float64))) if len(values) else float("nan")
