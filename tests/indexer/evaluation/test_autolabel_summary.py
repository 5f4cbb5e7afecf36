from __future__ import annotations

import io
import json

import numpy as np
import pytest
from rich.console import Console

from facies.indexer.evaluation.autolabel import Autolabelled, evaluate_autolabel
from facies.indexer.evaluation.autolabel_summary import mean, print_autolabel, summarise_autolabel
from facies.indexer.evaluation.gallery import Gallery

from .conftest import clusters, make_gallery


@pytest.fixture(scope="module")
def measured() -> tuple[Gallery, Autolabelled]:
    vectors, labels = clusters(6, 40)
    return make_gallery(vectors, labels), evaluate_autolabel(vectors, labels, precisions=(0.95, 0.9))


def test_the_names_that_scripts_rely_on(measured: tuple[Gallery, Autolabelled]) -> None:
    found = json.loads(json.dumps(summarise_autolabel(*measured)))
    for name in ("achieved_precision", "coverage", "ece", "novelty_auroc", "gated_coverage", "gated_unknown_accepted"):
        assert 0 <= found[name] <= 1
    assert (found["protocol"], found["precision"], found["images"], found["classes"]) == ("autolabel", 0.95, 240, 6)
    assert [one["precision"] for one in found["precisions"]] == [0.95, 0.9]
    assert found["precisions"][0]["coverage"] == found["coverage"]
    assert sum(one["images"] for one in found["reliability"]) == 1_200
    assert found["ece"] == pytest.approx(
        sum(one["images"] * abs(one["confidence"] - one["right"]) for one in found["reliability"]) / 1_200, abs=1e-5
    )


def test_a_person_reads_what_was_asked_for_and_what_came(measured: tuple[Gallery, Autolabelled]) -> None:
    out = io.StringIO()
    print_autolabel(*measured, Console(file=out, width=80))
    text = out.getvalue()
    for said in (
        "asked for",
        "0.95",
        "unknown",
        "expected calibration error",
        "that nobody validated",
        "AUROC",
    ):
        assert said in " ".join(text.split())
    assert max(map(len, text.splitlines()[:8])) <= 80


def test_splits_without_a_value_do_not_count() -> None:
    assert mean(np.array([0.5, np.nan, 1.0])) == 0.75
    assert mean(np.array([np.nan])) is None
