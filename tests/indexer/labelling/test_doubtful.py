from __future__ import annotations

import numpy as np
import pytest

from facies.core.errors import QueryError
from facies.core.workspace import Workspace
from facies.indexer.labelling.doubtful import suggest
from facies.indexer.labelling.queue_items import QueueOrder
from facies.indexer.labelling.queues import make_queue
from facies.indexer.labelling.review import open_review, read_teachers, teach_namer
from facies.models.selection import Doubt, find_rivals, measure_disagreement, measure_doubt
from tests.indexer.labelling.clusters import draw_clusters, fill

VECTORS, NAMES = draw_clusters([14, 14, 14], spread=0.7)
OTHER = draw_clusters([14, 14, 14], spread=0.9, seed=5)[0]
LABELS = [name if place % 2 else None for place, name in enumerate(NAMES)]
UNNAMED = [place for place in range(42) if not place % 2]


@pytest.fixture
def ids(workspace: Workspace) -> list[str]:
    return fill(workspace, VECTORS, LABELS, second=OTHER)


@pytest.mark.parametrize("doubt", ["top", "entropy"])
def test_the_uncertain_are_those_of_the_namer(workspace: Workspace, ids: list[str], doubt: Doubt) -> None:
    queue = make_queue(workspace, "c", QueueOrder("uncertain", 6, doubt=doubt))
    namer = teach_namer(read_teachers(workspace, open_review(workspace, "c")))
    named = namer.name(VECTORS[UNNAMED]).probabilities
    expected = np.sort(measure_doubt(named, doubt))[::-1][:6]
    assert [item.value for item in queue.items] == pytest.approx(expected.tolist())
    assert queue.looked_at == 21
    for item in queue.items:
        row = named[UNNAMED.index(ids.index(item.id))]
        assert item.suggestions[0].probability == pytest.approx(row.max())
        assert item.suggestions[0].label == "abc"[row.argmax()]
        assert len(item.suggestions) == 3


def test_the_boundary_has_the_least_margin(workspace: Workspace, ids: list[str]) -> None:
    queue = make_queue(workspace, "c", QueueOrder("boundary", 5))
    namer = teach_namer(read_teachers(workspace, open_review(workspace, "c")))
    margins = find_rivals(namer.name(VECTORS[UNNAMED]).probabilities)[2]
    assert [item.value for item in queue.items] == pytest.approx(np.sort(margins)[:5].tolist())
    for item in queue.items:
        assert item.suggestions[0].probability - item.suggestions[1].probability == pytest.approx(item.value)


def test_vectors_disagree_where_their_namers_do(workspace: Workspace, ids: list[str]) -> None:
    queue = make_queue(workspace, "c", QueueOrder("disagreement", 21))
    teachers = [read_teachers(workspace, open_review(workspace, "c", name)) for name in ("one", "two")]
    named = [
        teach_namer(t).name(rows[UNNAMED]).probabilities for t, rows in zip(teachers, (VECTORS, OTHER), strict=True)
    ]
    expected = measure_disagreement(named)
    assert [item.value for item in queue.items] == pytest.approx(np.sort(expected)[::-1].tolist())
    for item in queue.items:
        place = UNNAMED.index(ids.index(item.id))
        assert item.by_vector == (("one", "abc"[named[0][place].argmax()]), ("two", "abc"[named[1][place].argmax()]))
    assert dict(queue.items[0].by_vector)["one"] != dict(queue.items[0].by_vector)["two"]


def test_one_vector_cannot_disagree(workspace: Workspace) -> None:
    fill(workspace, VECTORS, LABELS)
    with pytest.raises(QueryError, match="takes two vectors"):
        make_queue(workspace, "c", QueueOrder("disagreement"))
    with pytest.raises(QueryError, match="no vector 'two'"):
        make_queue(workspace, "c", QueueOrder("disagreement", others=("two",)))


def test_suggestions_are_the_most_probable_names(workspace: Workspace, ids: list[str]) -> None:
    namer = teach_namer(read_teachers(workspace, open_review(workspace, "c")))
    for suggested, row in zip(suggest(namer, VECTORS[:5]), namer.name(VECTORS[:5]).probabilities, strict=True):
        assert [one.probability for one in suggested] == sorted(row, reverse=True)
