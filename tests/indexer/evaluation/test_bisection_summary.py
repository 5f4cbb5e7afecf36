from __future__ import annotations

import io
import json

import numpy as np
import pytest
from rich.console import Console

from facies.indexer.evaluation.bisection import WAYS, evaluate_bisection
from facies.indexer.evaluation.bisection_summary import print_bisection, summarise_bisection
from tests.indexer.evaluation.conftest import clusters, make_gallery

VECTORS, LABELS = clusters(3, 24, spread=0.4)
FOUND = [evaluate_bisection(VECTORS, LABELS, page=page) for page in (10, 5)]


def test_the_figures_are_means_per_thousand_labels() -> None:
    told = json.loads(json.dumps(summarise_bisection(make_gallery(VECTORS, LABELS), FOUND)))
    works = FOUND[0].trials["bisection"]
    assert told["actions_per_1000"] == pytest.approx(np.mean([1000 * w.actions / w.labels for w in works]))
    assert told["achieved_precision"] == pytest.approx(np.mean([w.right / w.labels for w in works]))
    assert (told["page"], told["images"], told["classes"], told["splits"]) == (10, 3 * 19, 3, 10)
    assert [page["page"] for page in told["pages"]] == [10, 5]
    for page in told["pages"]:
        for way in WAYS:
            parts = page[way]
            kinds = parts["pages"] + parts["changed"] + parts["audited"] + parts["single"]
            assert kinds == pytest.approx(parts["actions_per_1000"], abs=1e-3)


def test_a_table_has_a_line_for_each_way() -> None:
    out = io.StringIO()
    print_bisection(make_gallery(VECTORS, LABELS), FOUND, Console(file=out, width=160))
    for words in ("one by one", "suggested labels", "… and all seen", "pages of 5", "1,000"):
        assert words in out.getvalue()
