"""The kinds of jobs: what they are told, what they need, and where the function is that does them.

Functions and parameters are named by text and imported when they are wanted: to list jobs loads no network.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from pydantic import ValidationError

from facies.core.errors import JobParametersError, UnknownJobKindError
from facies.core.jobs import JobNeeds

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from facies.indexer.jobs.parameters import JobParameters
    from facies.indexer.jobs.work import Work

Run: TypeAlias = "Callable[[Work], Mapping[str, Any]]"
"""Does a job of one kind, and gives what came of it, as JSON."""

_HERE: Final = "facies.indexer.jobs"
_MAPS: Final = "facies.indexer.maps"
_SEGMENTATION: Final = "facies.indexer.segmentation"


@dataclass(frozen=True, slots=True)
class JobKind:
    """One kind of job.

    Attributes:
        name: as it is ordered.
        parameters: where the class of its parameters is, ``module:name``.
        run: where the function is that does it, ``module:name``.
        needs: what it computes on.
        turn: ``collection``: it writes to the collection that its parameters name, so jobs of such kinds wait for each
            other; ``graph``, ``map``: one at a time a collection, beside those; None: it waits for none.
    """

    name: str
    parameters: str
    run: str
    needs: JobNeeds = "cpu"
    turn: Literal["collection", "graph", "map"] | None = None

    def read(self, parameters: Mapping[str, Any]) -> JobParameters:
        """Check parameters, and fill in what was left out.

        Raises:
            JobParametersError: says of each what is wrong with it.
        """
        try:
            read: JobParameters = _load(self.parameters).model_validate(dict(parameters))
        except ValidationError as error:
            raise JobParametersError(self.name, map(_describe, _of_their_own(error.errors()))) from error
        return read

    def load_run(self) -> Run:
        """Import the function that does the work."""
        run: Run = _load(self.run)
        return run

    def turn_of(self, parameters: JobParameters) -> str | None:
        """The turn that a job with these parameters waits for."""
        collection = collection_of(parameters)
        return None if self.turn is None or collection is None else f"{self.turn}:{collection}"


def writing_turn(collection: str) -> str:
    """The turn of whatever writes to a collection.

    >>> writing_turn("fossils")
    'collection:fossils'
    """
    return f"collection:{collection}"


def collection_of(parameters: JobParameters) -> str | None:
    """The collection that parameters are about."""
    name = getattr(parameters, "collection", None)
    return None if name is None else str(name)


KINDS: Final[Mapping[str, JobKind]] = {
    kind.name: kind
    for kind in (
        JobKind("index", f"{_HERE}.parameters:IndexParameters", f"{_HERE}.index_job:run", "any", "collection"),
        JobKind("whiten", f"{_HERE}.parameters:WhitenParameters", f"{_HERE}.whiten_job:run", "any", "collection"),
        JobKind("optimise", f"{_HERE}.parameters:OptimiseParameters", f"{_HERE}.optimise_job:run", "cpu", "graph"),
        JobKind("add-model", f"{_HERE}.parameters:AddModelParameters", f"{_HERE}.model_job:run", "any", "collection"),
        JobKind("near-copies", f"{_HERE}.parameters:NearCopiesParameters", f"{_HERE}.copies_job:run"),
        JobKind("backup", f"{_HERE}.parameters:BackupParameters", f"{_HERE}.backup_job:run"),
        JobKind("label", f"{_HERE}.parameters:LabelParameters", f"{_HERE}.label_job:run", "cpu", "collection"),
        JobKind("map", f"{_MAPS}.job:MapParameters", f"{_MAPS}.job:run", "any", "map"),
        JobKind("segment", f"{_SEGMENTATION}.job_parameters:SegmentParameters", f"{_SEGMENTATION}.job:run", "any"),
    )
}


def get_kind(name: str, kinds: Mapping[str, JobKind] = KINDS) -> JobKind:
    """Find a kind by its name.

    Raises:
        UnknownJobKindError: there is none; the message names those that there are.
    """
    if name not in kinds:
        raise UnknownJobKindError(name, kinds)
    return kinds[name]


def _load(place: str) -> Any:
    module, _, name = place.partition(":")
    return getattr(importlib.import_module(module), name)


def _of_their_own(problems: Sequence[ErrorDetails]) -> Iterator[ErrorDetails]:
    """Leave out lists that count as too short because what is in them is wrong: that is told by itself."""
    for one in problems:
        inside = (other["loc"] for other in problems if len(other["loc"]) > len(one["loc"]))
        if one["type"] != "too_short" or not any(place[: len(one["loc"])] == one["loc"] for place in inside):
            yield one


def _describe(problem: ErrorDetails) -> str:
    """One sentence of a problem: where it is, what was expected, what came.

    A sentence of our own says all of that itself, and often what it is about too.
    """
    place, said = ".".join(map(str, problem["loc"])), problem["msg"]
    if problem["type"] != "value_error":
        return f"{place or 'parameters'}: {said}, got {_short(problem['input'])}"
    said = said.removeprefix("Value error, ").rstrip(".")
    return said if not place or said.startswith(place) else f"{place}: {said}"


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
