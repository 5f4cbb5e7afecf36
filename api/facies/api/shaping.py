"""How an answer is put together when its order is not plainly that of the store, and why its pages fit together.

A ranking passes through stages, each of which takes steps (see `facies.api.candidates`) and gives steps:

1. the candidates, most similar first, one ranking for each named vector;
2. re-ranking orders the first step of a ranking, whose size is fixed;
3. fusion makes one ranking of several;
4. diversity orders the first step;
5. points that the catalogue does not acknowledge are left out;
6. folding leaves out what is nearly identical to an image that stands before it;
7. grouping leaves out what is one too many of its group.

No page repeats or loses an image. Where the steps of a stage do not depend on the page, neither do those that the next
stage makes of them: what happens to a step (2 to 4) needs that step alone, and whether an image is left out (5 to 7)
needs only what stands before it. The candidates do not depend on the page, since each search asks for a number that is
fixed. So there is one list, of which a page is the part from ``offset`` on; it is made as far as the page needs, and
asking further down only makes it longer. This holds as long as nobody adds or deletes images between two pages.

The work is bounded where images are left out: after `MOST_CANDIDATES` candidates of a ranking the list ends, and the
answer says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import chain, islice

import numpy as np

from facies.api.candidates import MODEST_DEPTH, WINDOW, Candidates, Steps, keep_acknowledged
from facies.api.diversity import diversify_steps
from facies.api.folding import fold_steps
from facies.api.found import Found, FoundSteps
from facies.api.fusion import fuse_steps
from facies.api.grouping import count_groups, group_steps
from facies.api.point_reader import PointReader
from facies.api.reranking import rerank_steps
from facies.core.store import Vector, VectorQuery
from facies.core.store.ranking import average_target, clip_cosine
from facies.core.wire_search import SearchBody
from facies.core.workspace import Workspace
from facies.models.rerank import Reranker

MOST_CANDIDATES = 16 * WINDOW
"""Candidates of a ranking that are looked at where images are left out, 6,400."""


@dataclass(frozen=True)
class Ranking:
    """One named vector's part of a query: what is asked of the store, and how the answer is re-ranked, if it is."""

    workspace: Workspace
    collection: str
    query: VectorQuery
    reranker: Reranker | None

    @cached_property
    def target(self) -> Vector:
        """The vector (d,) that similarities are measured to."""
        negative = self.query.negative if self.query.strategy == "average" else ()
        return average_target(self.query.positive, negative)

    @cached_property
    def reader(self) -> PointReader:
        """Reads the images' vectors of this name."""
        return PointReader(self.workspace, self.collection, self.query.vector_name, len(self.query.positive[0]))

    def candidates(self, most: int | None, *, with_vectors: bool) -> Candidates:
        """What the store finds, ``most`` at most, with the vectors where they will be compared."""
        query = replace(self.query, with_vectors=with_vectors)
        return Candidates(self.workspace, self.collection, query, most)


def is_shaped(body: SearchBody) -> bool:
    """Whether the body asks for anything that changes which images come, or in which order."""
    return leaves_out(body) or body.diversity > 0


def leaves_out(body: SearchBody) -> bool:
    """Whether images are left out of the ranking, so that a page may need many more candidates than it shows."""
    return body.group_by is not None or body.fold is not None


def shape_page(rankings: Sequence[Ranking], body: SearchBody) -> tuple[list[Found], list[str]]:
    """The page of an answer, and what to say where the work ended before the list did.

    Args:
        rankings: one for each named vector; of several, the first gives the vectors that are compared.
        body: says which stages there are, and which page.
    """
    first = rankings[0]
    if body.offset > MODEST_DEPTH and body.offset >= first.workspace.store.count(first.collection):
        return [], []
    most = MOST_CANDIDATES if leaves_out(body) else None
    compares = body.diversity > 0 or body.fold is not None
    candidates = [
        one.candidates(most, with_vectors=one.reranker is not None or (compares and one is first)) for one in rankings
    ]
    lists = [_ranked(ranking, iter(found)) for ranking, found in zip(rankings, candidates, strict=True)]
    steps = lists[0] if len(lists) == 1 else fuse_steps(lists)
    if body.diversity > 0:
        steps = diversify_steps(steps, body.diversity, first.target, first.reader)
    at_once = MOST_CANDIDATES if leaves_out(body) else body.offset + body.k
    steps = keep_acknowledged(steps, first.workspace, first.collection, at_once)
    page = _thinned(steps, first, body) if leaves_out(body) else _cut(steps, body)
    if len(rankings) > 1:
        page = _compared(page, rankings)
    if len(page) == body.k or not any(found.cut for found in candidates):
        return page, []
    return page, [
        f"the {MOST_CANDIDATES:,} most similar images were looked at, and no more are left of them by fold and "
        "group_by; a filter makes room for others"
    ]


def _ranked(ranking: Ranking, steps: Steps) -> Steps:
    steps = _learned(ranking, steps)
    if ranking.reranker is None:
        return steps
    return rerank_steps(steps, ranking.target, ranking.reader, ranking.reranker)


def _learned(ranking: Ranking, steps: Steps) -> Steps:
    for step in steps:
        ranking.reader.learn(step)
        yield step


def _cut(steps: Steps, body: SearchBody) -> list[Found]:
    page = islice(chain.from_iterable(steps), body.offset, body.offset + body.k)
    return [Found(hit.id, hit.similarity) for hit in page]


def _thinned(steps: Steps, first: Ranking, body: SearchBody) -> list[Found]:
    """The page of what folding and grouping leave."""
    found: FoundSteps
    if body.fold is None:
        found = ([Found(hit.id, hit.similarity) for hit in step] for step in steps)
    else:
        found = fold_steps(steps, body.fold, first.reader)
    if body.group_by is not None:
        count = partial(count_groups, first.workspace, first.collection, body.group_by, first.query.where)
        found = group_steps(found, body.group_by, body.per_group, first.reader, count)
    return list(islice(chain.from_iterable(found), body.offset, body.offset + body.k))


def _compared(page: Sequence[Found], rankings: Sequence[Ranking]) -> list[Found]:
    """The cosine of each image in each vector that it has; the one shown is that in the vector named first."""
    ids = [found.id for found in page]
    similarities: list[dict[str, float]] = [{} for _ in page]
    for ranking in rankings:
        rows = ranking.reader.rows(ids)
        for place in np.flatnonzero(rows.any(axis=1)).tolist():
            similarities[place][ranking.query.vector_name] = clip_cosine(float(rows[place] @ ranking.target))
    return [
        replace(found, similarity=next(iter(one.values()), found.similarity), similarities=one)
        for found, one in zip(page, similarities, strict=True)
    ]
