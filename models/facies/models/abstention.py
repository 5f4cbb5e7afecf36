"""Abstention: which images get their most probable name, so that as many of these are right as a person asks for.

A rule is chosen on held-out images, whose names are known and had no part in their own probabilities: among those that
the novelty gate lets through, the lowest probability from which on the wanted share is named right. Below it an image
gets a set of names instead, that holds the right one as often; beyond the gate it is unknown.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv

from facies.core.errors import QueryError
from facies.models.novelty import fit_gate

if TYPE_CHECKING:
    from facies.core.metrics import Codes
    from facies.models.calibration import Values
    from facies.models.knn import Probabilities
    from facies.models.namers import Namer
    from facies.models.novelty import Novelty

Flags = NDArray[np.bool_]

_LEVEL: Final = 0.95
"""Of the interval of a precision."""
FEWEST_OF_A_CLASS: Final = 20
"""Held-out images that were named so, below which a class has no threshold of its own."""


class Verdict(IntEnum):
    """What becomes of an image."""

    LABEL = 0
    SET = 1
    UNKNOWN = 2


@dataclass(frozen=True, slots=True)
class Rule:
    """When an image gets its most probable name.

    Attributes:
        precision: share of right names that was asked for, 0 to 1.
        novelty: beyond it an image is unknown; infinite without a gate.
        threshold: least probability of a name; above 1 where no threshold reaches the precision.
        by_class: shape (c,): the same for each class; those without one of their own have ``threshold``.
        least: least probability of a name in a set.
        checked: held-out images that it was chosen on.
        accepted: how many of these it would name.
        right: how many of those rightly.
    """

    precision: float
    novelty: float
    threshold: float
    by_class: Values
    least: float
    checked: int
    accepted: int
    right: int

    @property
    def coverage(self) -> float:
        """Share of the held-out images that it names."""
        return self.accepted / self.checked

    @property
    def interval(self) -> tuple[float, float]:
        """Lower and upper end of an interval of 95 % for the share of right names, see `bound_share`."""
        return bound_share(self.right, self.accepted)


@dataclass(frozen=True, slots=True, eq=False)
class Decisions:
    """What a rule says of n images.

    Attributes:
        verdicts: shape (n,), of `Verdict`.
        codes: shape (n,): the most probable class of each.
        confidence: shape (n,): its probability.
        sets: shape (n, c): which classes are in the set of an image.
    """

    verdicts: Codes
    codes: Codes
    confidence: Values
    sets: Flags


def choose_rule(
    probabilities: Probabilities,
    truth: Codes,
    passing: Flags,
    precision: float,
    *,
    novelty: float = np.inf,
    per_class: bool = False,
) -> Rule:
    """Choose the rule that names most held-out images at the precision wanted.

    Args:
        probabilities: shape (n, c), n >= 1, of held-out images.
        truth: shape (n,).
        passing: shape (n,): which of them the novelty gate lets through.
        precision: share of right names wanted, above 0 and below 1.
        novelty: the gate, for the rule.
        per_class: whether each class that enough images are named by shall reach the precision by itself.

    Raises:
        QueryError: precision is out of its range, or there is no image.

    Source: Geifman & El-Yaniv (2017): Selective classification for deep neural networks, NeurIPS (the threshold);
    Sadinle, Lei & Wasserman (2019): Least ambiguous set-valued classifiers with bounded error levels, JASA 114 (sets).
    """
    if not 0 < precision < 1:
        raise QueryError(f"the precision asked for is {precision:g}, expected more than 0 and less than 1, e.g. 0.95")
    if not len(truth):
        raise QueryError("there is no validated image that a rule could be chosen on")
    codes, confidence = probabilities.argmax(axis=1), probabilities.max(axis=1)
    right = codes == truth
    threshold = find_threshold(confidence[passing], right[passing], precision)
    by_class = np.full(probabilities.shape[1], threshold)
    for code in np.flatnonzero(np.bincount(codes[passing], minlength=len(by_class)) >= FEWEST_OF_A_CLASS):
        if per_class:
            named = passing & (codes == code)
            by_class[code] = find_threshold(confidence[named], right[named], precision)
    accepted = passing & (confidence >= by_class[codes])
    of_truth = probabilities[np.arange(len(truth)), truth]
    least = _least_of_sets(of_truth[~accepted], precision)
    return Rule(
        precision,
        novelty,
        threshold,
        by_class,
        least,
        len(truth),
        int(np.count_nonzero(accepted)),
        int(np.count_nonzero(accepted & right)),
    )


def fit_rule(namer: Namer, precision: float, *, gate: bool = True, per_class: bool = False) -> Rule:
    """Choose the rule for what a namer says, on the validated images that it was shown without their names.

    Args:
        namer: fitted.
        precision: share of right names wanted, above 0 and below 1.
        gate: whether images far from every validated one stay unknown, see `facies.models.novelty`.
        per_class: see `choose_rule`.

    Raises:
        QueryError: precision is out of its range.
    """
    held = namer.held_out
    limit = fit_gate(held.novelty) if gate else np.inf
    passing = held.novelty <= limit
    return choose_rule(
        held.probabilities, namer.validated.codes, passing, precision, novelty=limit, per_class=per_class
    )


def find_threshold(confidence: Values, right: Flags, precision: float) -> float:
    """Find the lowest confidence from which on at least a share ``precision`` is right; above 1 where there is none.

    Args:
        confidence: shape (n,).
        right: shape (n,).
        precision: 0 to 1.

    Example:
        >>> find_threshold(np.array([0.9, 0.8, 0.7, 0.6]), np.array([True, True, False, False]), 0.65)
        0.7
    """
    order = np.argsort(-confidence, kind="stable")
    share = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    # Images of one confidence are named together or not at all, so only the last of them may be the end.
    ends = np.append(np.diff(confidence[order]) != 0, True)[: len(order)]
    reached = np.flatnonzero(ends & (share >= precision))
    return float(confidence[order[reached[-1]]]) if len(reached) else np.nextafter(1.0, 2.0)


def decide(probabilities: Probabilities, novelty: Novelty, rule: Rule) -> Decisions:
    """Apply a rule.

    Args:
        probabilities: shape (n, c).
        novelty: shape (n,).
        rule: see `choose_rule`.
    """
    codes, confidence = probabilities.argmax(axis=1), probabilities.max(axis=1)
    sets = probabilities >= rule.least
    sets[np.arange(len(codes)), codes] = True
    return Decisions(judge(codes, confidence, novelty, rule), codes, confidence, sets)


def judge(codes: Codes, confidence: Values, novelty: Novelty, rule: Rule) -> Codes:
    """The verdict of a rule on each of n images.

    Args:
        codes: shape (n,): the most probable class of each.
        confidence: shape (n,): its probability.
        novelty: shape (n,).
        rule: see `choose_rule`.
    """
    verdicts = np.where(confidence >= rule.by_class[codes], Verdict.LABEL, Verdict.SET)
    return np.where(novelty > rule.novelty, Verdict.UNKNOWN, verdicts).astype(np.int64)


def bound_share(right: int, total: int) -> tuple[float, float]:
    """Bound a share from a sample by an interval of 95 %; from nothing it may be anything.

    Args:
        right: 0 to total.
        total: size of the sample.

    Source: Clopper & Pearson (1934): The use of confidence or fiducial limits, Biometrika 26.

    Example:
        >>> [round(end, 3) for end in bound_share(8, 10)]
        [0.444, 0.975]
    """
    tail = (1 - _LEVEL) / 2
    low = float(betaincinv(right, total - right + 1, tail)) if right else 0.0
    high = float(betaincinv(right + 1, total - right, 1 - tail)) if right < total else 1.0
    return low, high


def _least_of_sets(of_truth: Values, share: float) -> float:
    """The probability that the true class reaches in a share of the images, with the correction for a finite sample.

    Args:
        of_truth: shape (m,): that of the images that get no name, as sets are of such images; of too few of them for
            the share, any class may be the true one.
        share: of the sets that shall hold the true class.
    """
    rank = int(np.floor((len(of_truth) + 1) * (1 - share)))
    return float(np.sort(of_truth)[rank - 1]) if rank else 0.0
