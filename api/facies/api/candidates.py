"""The images that a query finds, as far down as anybody asks, and always the same ones at the same places.

What comes after (re-ranking, fusion, diversity, folding, groups) works on *steps*: lists of images, each of which goes
on where the one before it ended. The first step holds the `WINDOW` most similar images, the second adds what a search
for twice as many finds beyond them, and so on. Each search asks for a number that does not depend on the page wanted,
so that a step is the same for every page also where the engine answers approximately.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from facies.core.store import Hit, VectorQuery
from facies.core.store.checks import MAX_FETCH
from facies.core.workspace import Workspace
from facies.models.rerank import RERANKERS

WINDOW = max(reranker.candidates for reranker in RERANKERS.values())
"""Images of the first step: those that are re-ranked, and made diverse, among themselves."""

MODEST_DEPTH = 10_000
"""A number of neighbours that any engine answers without harm, however few points there are."""

Steps: TypeAlias = Iterator[list[Hit]]
"""The beginning of a ranking, then what follows it, and so on; no image twice."""


@dataclass(slots=True)
class Candidates:
    """The points that a query finds, most similar first; each iteration asks the store anew.

    Attributes:
        workspace: the open data.
        collection: its name.
        query: what is asked; k and offset do not count.
        most: end after the step that reaches so many; None goes on to the end of the collection.
        cut: whether ``most`` was reached and there may be more.
    """

    workspace: Workspace
    collection: str
    query: VectorQuery
    most: int | None = None
    cut: bool = field(default=False, init=False)

    def __iter__(self) -> Steps:
        """Yield the steps, the first one also where nothing is found."""
        seen: set[str] = set()
        wanted = WINDOW
        while True:
            hits = self.workspace.store.search(self.collection, replace(self.query, k=self._limit(wanted), offset=0))
            yield [hit for hit in hits if hit.id not in seen]
            if len(hits) < wanted:
                return
            if self.most is not None and wanted >= self.most:
                self.cut = True
                return
            seen.update(hit.id for hit in hits)
            wanted *= 2

    def _limit(self, wanted: int) -> int:
        # Engines reserve memory for as many hits as are asked for. Counting a large collection takes longer than
        # searching it, so only depths that could hurt are compared with the number of points.
        if wanted <= MODEST_DEPTH:
            return wanted
        return max(1, min(wanted, MAX_FETCH, self.workspace.store.count(self.collection)))


def keep_acknowledged(steps: Steps, workspace: Workspace, collection: str, at_once: int) -> Steps:
    """Leave out points whose catalogue row never came (a run killed between the two): they are not in the collection.

    Args:
        steps: the ranking, in its last order.
        workspace: the open data.
        collection: its name.
        at_once: how many the catalogue is asked about at a time, at least 1; as many as a page needs, so that it is not
            asked about all candidates for the sake of ten.
    """
    for step in steps:
        for start in range(0, len(step), at_once):
            part = step[start : start + at_once]
            known = workspace.catalog.known(collection, [hit.id for hit in part])
            yield [hit for hit in part if hit.id in known]
