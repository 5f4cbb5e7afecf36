"""The comparison with the naive recipe: what is met is told as met, and nothing else is; both sides get the same."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks.segmentation import UNLABELLED, Case, compare, keep, verdicts, write_core, write_weights
from benchmarks.spending import Spending
from benchmarks.table import Table

CASE = Case("lite0-stem-3", "whole", "train and apply", cpu_ratio=3, growth_ratio=3)


def passes(cpu: float, growth: float) -> dict[str, list[Spending]]:
    """Three rounds in which ours takes 1 s and 100 MB, the naive recipe more."""
    return {
        "naive": [Spending(cpu * factor, 1, growth) for factor in (0.5, 1, 4)],
        "ours": [Spending(1, 1, 100)] * 3,
    }


@pytest.mark.parametrize(
    ("cpu", "growth", "ours", "met"),
    [(3.0, 300, 0.8, 3), (2.9, 300, 0.8, 2), (3.0, 299, 0.8, 2), (3.0, 300, 0.79, 2), (1.0, 100, 0.1, 0)],
)
def test_each_demand_is_judged_by_the_median_of_its_ratio(cpu: float, growth: float, ours: float, met: int) -> None:
    found = compare(CASE, passes(cpu, growth), {"naive": 0.8, "ours": ours})
    assert found["cpu_ratio"] == (0.5 * cpu, cpu, 4 * cpu)
    lines = verdicts({CASE.name: found})
    assert len(lines) == 3
    assert sum(line.startswith("met: ") for line in lines) == met
    assert sum(line.startswith("NOT MET: ") for line in lines) == 3 - met


def test_what_is_not_asked_is_not_judged() -> None:
    free = Case("lite0-stem-3", "relabel", "relabel")
    assert list(compare(free, passes(1, 1), {"naive": 0.5, "ours": 0.5})["held"]) == ["F1 not lower"]
    assert verdicts({"preview": {"passes": {}}}) == []


def test_the_file_of_results_has_every_pass_and_the_machine(tmp_path: Path) -> None:
    found = compare(CASE, passes(3, 300), {"naive": 0.8, "ours": 0.8})
    read = json.loads(keep({CASE.name: found}, Table(), seed=7, folder=tmp_path).read_text())
    assert read["seed"] == 7
    assert read["machine"]["python"]
    assert [one["cpu_s"] for one in read["cases"][CASE.name]["passes"]["naive"]] == [1.5, 3, 12]


def test_the_strokes_before_are_part_of_those_after(tmp_path: Path) -> None:
    truth = write_core(tmp_path, 3)
    image, labels, fewer = (np.asarray(Image.open(tmp_path / f"{name}.png")) for name in ("image", "labels", "fewer"))
    assert image.shape == (*truth.shape, 3)
    kept = fewer != UNLABELLED
    assert 0 < kept.sum() < (labels != UNLABELLED).sum()
    assert (fewer[kept] == labels[kept]).all()
    assert np.array_equal(np.unique(fewer[kept]), np.unique(truth))
    assert (labels[labels != UNLABELLED] == truth[labels != UNLABELLED]).mean() > 0.99


def test_weights_are_drawn_only_where_none_are_at_hand(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert tmp_path not in write_weights("efficientnet-lite0", tmp_path).parents
    assert "synthetic" not in capsys.readouterr().err
    drawn = write_weights("resnet18", tmp_path / "weights")
    assert "synthetic weights" in capsys.readouterr().err
    assert write_weights("resnet18", tmp_path / "weights") == drawn
