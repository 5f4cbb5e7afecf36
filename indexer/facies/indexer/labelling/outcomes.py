"""What a rule comes to on images that nobody has named: how many get a label, and how many of these will be wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from facies.models.abstention import Verdict, fit_rule, judge

if TYPE_CHECKING:
    from collections.abc import Sequence

    from facies.core.metrics import Codes
    from facies.models.abstention import Decisions, Rule
    from facies.models.calibration import Values
    from facies.models.namers import Namer


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a rule comes to.

    Attributes:
        rule: with what it came to on the held-out images.
        labelled: images that get a label.
        in_sets: those that get a set of some.
        unknown: those beyond the gate.
    """

    rule: Rule
    labelled: int
    in_sets: int
    unknown: int

    @property
    def coverage(self) -> float:
        """Share of the images that gets a label."""
        images = self.labelled + self.in_sets + self.unknown
        return self.labelled / images if images else 0.0

    @property
    def expected_errors(self) -> tuple[float, float, float]:
        """Wrong labels to be expected, and the ends of an interval of 95 % for them, from the held-out images."""
        if not self.labelled:
            return 0.0, 0.0, 0.0
        low, high = self.rule.interval
        share = 1 - self.rule.right / self.rule.accepted if self.rule.accepted else 1.0
        return self.labelled * share, self.labelled * (1 - high), self.labelled * (1 - low)


def count_outcome(verdicts: Codes, rule: Rule) -> Outcome:
    """Count the verdicts of a rule.

    Args:
        verdicts: shape (n,), of `Verdict`.
        rule: whose they are.
    """
    counts = np.bincount(verdicts, minlength=len(Verdict))
    return Outcome(rule, int(counts[Verdict.LABEL]), int(counts[Verdict.SET]), int(counts[Verdict.UNKNOWN]))


def trace_outcomes(
    namer: Namer, decisions: Decisions, novelty: Values, precisions: Sequence[float], *, gate: bool, per_class: bool
) -> list[Outcome]:
    """What each of some precisions would come to, on images that are named already.

    Args:
        namer: that named them.
        decisions: on the images, by whatever rule; only the most probable classes and their probabilities are read.
        novelty: shape (n,).
        precisions: each above 0 and below 1.
        gate: see `facies.models.abstention.fit_rule`.
        per_class: see there.

    Raises:
        QueryError: a precision is out of its range.
    """
    rules = [fit_rule(namer, precision, gate=gate, per_class=per_class) for precision in precisions]
    return [count_outcome(judge(decisions.codes, decisions.confidence, novelty, rule), rule) for rule in rules]
