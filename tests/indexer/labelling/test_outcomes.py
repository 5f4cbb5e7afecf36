"""What other precisions come to is what asking for them comes to."""

from __future__ import annotations

import numpy as np
import pytest

from facies.core.errors import QueryError
from facies.core.workspace import Workspace
from facies.indexer.labelling.automatic import AutoOrder, propose_labels
from facies.indexer.labelling.outcomes import Outcome, count_outcome
from facies.models.abstention import Rule, Verdict
from tests.indexer.labelling.clusters import draw_clusters, fill

GRID = (0.5, 0.8, 0.9, 0.95, 0.99)


@pytest.mark.parametrize(("gate", "per_class"), [(True, False), (False, True)])
def test_each_point_is_what_one_order_says(workspace: Workspace, *, gate: bool, per_class: bool) -> None:
    vectors, names = draw_clusters([90, 90, 90], spread=1.3)
    fill(workspace, vectors, [name if place % 2 else None for place, name in enumerate(names)])
    traced = propose_labels(workspace, "c", AutoOrder(gate=gate, per_class=per_class)).trace(GRID)
    for precision, outcome in zip(GRID, traced, strict=True):
        alone = propose_labels(workspace, "c", AutoOrder(precision, gate=gate, per_class=per_class)).outcome
        assert counts(outcome) == counts(alone)
        assert outcome.expected_errors == alone.expected_errors
        assert outcome.rule.threshold == alone.rule.threshold
    labelled = [outcome.labelled for outcome in traced]
    assert labelled == sorted(labelled, reverse=True)
    assert labelled[0] > labelled[-1]


def test_a_precision_out_of_its_range_is_refused(workspace: Workspace) -> None:
    vectors, names = draw_clusters([10, 10])
    fill(workspace, vectors, [name if place % 2 else None for place, name in enumerate(names)])
    with pytest.raises(QueryError, match="expected more than 0 and less than 1"):
        propose_labels(workspace, "c", AutoOrder()).trace([0.9, 1.0])


def test_verdicts_are_counted_and_errors_follow_from_the_held_out() -> None:
    rule = Rule(0.9, 1.0, 0.5, np.full(2, 0.5), 0.1, checked=100, accepted=50, right=45)
    verdicts = np.array([Verdict.LABEL] * 20 + [Verdict.UNKNOWN] * 5)
    outcome = count_outcome(verdicts, rule)
    assert counts(outcome) == (20, 0, 5)
    assert outcome.coverage == 0.8
    expected, fewest, most = outcome.expected_errors
    assert expected == pytest.approx(2.0)
    assert 0 < fewest < expected < most < 20
    nothing = count_outcome(np.empty(0, np.int64), rule)
    assert (nothing.coverage, nothing.expected_errors) == (0.0, (0.0, 0.0, 0.0))


def counts(outcome: Outcome) -> tuple[int, int, int]:
    return outcome.labelled, outcome.in_sets, outcome.unknown
