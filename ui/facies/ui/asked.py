"""All that a search is asked by: examples, filter, order. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from facies.core.client import File
from facies.core.wire_search import SearchBody
from facies.ui.arrangement import Arrangement
from facies.ui.query import Query, search_request
from facies.ui.where import FilterChoice, to_where


@dataclass(frozen=True, slots=True)
class Asked:
    """A search as the page puts it together.

    Attributes:
        query: the examples.
        choice: the filter.
        arrangement: the order of the answer.
        passing: images that pass the filter.
    """

    query: Query
    choice: FilterChoice
    arrangement: Arrangement
    passing: int

    @property
    def uploads(self) -> tuple[str, ...]:
        """What tells the files of this search from those of another one."""
        return tuple(example.key for example in self.query.examples if example.data is not None)

    def request(self, offset: int = 0) -> tuple[SearchBody, list[File]]:
        """The body of the search and its files."""
        where, k = to_where(self.choice), self.arrangement.k
        return search_request(self.query, k=k, offset=offset, where=where, **self.arrangement.options())
