from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmarks.labelling import DRAWN, TOLD, as_markdown, draw
from facies.indexer.evaluation.autolabel import evaluate_autolabel


def test_tables_and_picture_of_a_small_set(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    codes = np.repeat(np.arange(4), 24)
    rows = rng.normal(size=(4, 12))[codes] + 0.6 * rng.normal(size=(96, 12))
    vectors = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    found = {"drawn": evaluate_autolabel(vectors, [f"c{code}" for code in codes], precisions=(0.95, *DRAWN))}
    lines = as_markdown(found).splitlines()
    given = [line for line in lines if line.startswith("| drawn | 0.")]
    assert len({line.split("|")[2] for line in given if float(line.split("|")[2]) in TOLD}) == len(TOLD)
    assert all(len(line.split("|")) == 10 for line in lines if line)
    path = draw(found, tmp_path / "figure.svg")
    first = path.read_bytes()
    assert first.startswith(b"<?xml")
    assert draw(found, path).read_bytes() == first
