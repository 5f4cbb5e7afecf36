from __future__ import annotations

import io
import json

import numpy as np
import pytest
from rich.console import Console

from facies.indexer.evaluation.unknowns import evaluate_unknowns
from facies.indexer.evaluation.unknowns_summary import print_unknown_groups, summarise_unknowns
from tests.indexer.evaluation.conftest import clusters, make_gallery

VECTORS, LABELS = clusters(5, 20, spread=0.4)


def test_the_figures_are_means_of_the_draws_that_have_one() -> None:
    found = evaluate_unknowns(VECTORS, LABELS)
    told = json.loads(json.dumps(summarise_unknowns(make_gallery(VECTORS, LABELS), found)))
    assert told["beyond"] == pytest.approx(found.beyond.mean(), abs=1e-6)
    assert told["rand"] == pytest.approx(np.nanmean(found.rand), abs=1e-6)
    assert (told["classes"], told["unknown_classes"], told["splits"]) == (5, 1, 10)


def test_a_person_reads_a_table() -> None:
    out = io.StringIO()
    found = evaluate_unknowns(VECTORS, LABELS, fewest=30)
    print_unknown_groups(make_gallery(VECTORS, LABELS), found, Console(file=out, width=100))
    for words in ("1 class of which nobody", "at least 30", "adjusted Rand index of these", "-"):
        assert words in out.getvalue()
