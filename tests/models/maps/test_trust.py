from __future__ import annotations

import numpy as np
import pytest

from facies.models.maps import trust
from facies.models.maps.trust import sampled_trustworthiness


def test_a_faithful_map_is_trusted_and_a_random_one_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trust, "SAMPLE", 300)
    drawn = np.random.default_rng(0)
    angle = drawn.uniform(0, 6.28, 400)
    rows = np.stack([np.cos(angle), np.sin(angle)], axis=1).astype(np.float32)
    faithful = sampled_trustworthiness(rows, rows, seed=1)
    assert faithful is not None
    assert faithful > 0.99
    drawn_map = sampled_trustworthiness(rows, drawn.standard_normal((400, 2)).astype(np.float32), seed=1)
    assert drawn_map is not None
    assert 0.4 < drawn_map < 0.6
    assert faithful == sampled_trustworthiness(rows, rows, seed=1)


def test_of_few_points_nothing_is_said() -> None:
    assert sampled_trustworthiness(np.eye(30, dtype=np.float32), np.zeros((30, 2), dtype=np.float32), seed=0) is None
