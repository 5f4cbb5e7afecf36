from __future__ import annotations

import numpy as np
import pytest

from facies.core.errors import QueryError
from facies.indexer.evaluation.autolabel import Autolabelled, evaluate_autolabel

from .conftest import clusters

SHARES = ("achieved", "coverage", "foretold", "unknown", "held")


@pytest.fixture(scope="module")
def found() -> Autolabelled:
    return evaluate_autolabel(*clusters(10, 50, dim=24, spread=0.7), precisions=(0.95, 0.85))


def test_the_precision_asked_for_is_kept(found: Autolabelled) -> None:
    for labelled in (*found.gated, *found.ungated):
        assert np.nanmean(labelled.achieved) > labelled.precision - 0.02
        # Held-out images were named by fewer others, so that less is promised than comes.
        assert -0.03 < np.mean(labelled.coverage) - np.mean(labelled.foretold) < 0.1
        assert np.nanmean(labelled.held) > labelled.precision - 0.04
        assert all(labelled.coverage.shape == getattr(labelled, share).shape == (10,) for share in SHARES)
    assert np.mean(found.gated[1].coverage) > np.mean(found.gated[0].coverage) > 0.2


def test_the_gate_holds_strangers_back(found: Autolabelled) -> None:
    strangers = found.strangers
    assert strangers is not None
    assert (strangers.classes, strangers.precision) == (2, 0.95)
    assert np.mean(strangers.auroc) > 0.8
    assert np.mean(strangers.accepted) < np.mean(strangers.ungated) / 2
    assert np.mean(found.gated[0].unknown) == pytest.approx(0.25, abs=0.05)
    assert np.mean(found.ungated[0].unknown) == 0


def test_probabilities_are_honest(found: Autolabelled) -> None:
    assert found.reliability.counts.sum() == 10 * 250
    assert found.reliability.error < 0.05
    assert sum(found.ways.values()) == 10


def test_labels_by_chance_get_no_label() -> None:
    """No precision can be kept, so nothing is promised: most splits name nothing, and none much."""
    vectors, labels = clusters(4, 40)
    shuffled = np.random.default_rng(3).permutation(labels).tolist()
    found = evaluate_autolabel(vectors, shuffled, precisions=(0.9,))
    assert np.mean(found.gated[0].coverage) < 0.05


def test_groups_are_validated_as_a_whole() -> None:
    """Copies of an image have one label, which means nothing else: with groups no name can be trusted."""
    rng = np.random.default_rng(4)
    rows, _ = clusters(1, 60, spread=1.0)
    vectors, labels = np.repeat(rows, 4, axis=0), np.repeat(rng.choice(["a", "b"], 60), 4).tolist()
    groups = [str(i // 4) for i in range(240)]
    leaking = evaluate_autolabel(vectors, labels, precisions=(0.9,))
    apart = evaluate_autolabel(vectors, labels, groups=groups, precisions=(0.9,))
    assert np.mean(leaking.ungated[0].coverage) > 0.9
    assert np.mean(apart.ungated[0].coverage) < 0.3


def test_two_classes_leave_no_stranger() -> None:
    assert evaluate_autolabel(*clusters(2, 20), precisions=(0.9,)).strangers is None


def test_too_little_is_told() -> None:
    with pytest.raises(QueryError, match="telling classes apart"):
        evaluate_autolabel(*clusters(1, 20))
    with pytest.raises(QueryError, match=r"precision asked for is 1\.5"):
        evaluate_autolabel(*clusters(3, 20), precisions=(1.5,))
