"""Names on a server: the collection ``NAME`` is an alias, the points lie in ``NAME@0001``, ``NAME@0002``, and so on.

So the points of a collection can be replaced by others, made in another way, in one step and without a gap.
"""

from __future__ import annotations

import re
from typing import Final

from qdrant_client import models

from facies.core.errors import CollectionNotFoundError, StoreError
from facies.core.store.server_connection import Connection
from facies.core.store.server_schema import read_schema

_GENERATION: Final = re.compile(r"(.+)@(\d{4,})")


def generation_name(collection: str, number: int) -> str:
    """Name a generation of a collection.

    >>> generation_name("corals", 2)
    'corals@0002'
    """
    return f"{collection}@{number:04d}"


def split_generation(name: str) -> tuple[str, int] | None:
    """Read a generation's collection and number; None where the name is of another kind.

    >>> split_generation("corals@0002"), split_generation("corals")
    (('corals', 2), None)
    """
    match = _GENERATION.fullmatch(name)
    return (match[1], int(match[2])) if match else None


class Generations:
    """What lies behind the names of collections on one server."""

    def __init__(self, connection: Connection) -> None:
        """Use a connection."""
        self._server = connection

    def aliases(self) -> dict[str, str]:
        """Collection -> the generation in use; aliases that others made are left out."""
        found = self._server.ask(self._server.admin.get_aliases).aliases
        return {one.alias_name: one.collection_name for one in found if _is_ours(one)}

    def names(self) -> list[str]:
        """Names of all collections in alphabetical order, with those that were made before there were generations."""
        aliases = self.aliases()
        plain = [name for name in self._physical() if split_generation(name) is None and name not in aliases]
        return sorted([*aliases, *(name for name in plain if read_schema(self._server, name) is not None)])

    def find(self, collection: str) -> str | None:
        """Find what a name stands for: the generation in use, a generation itself, or a collection without any."""
        if target := self.aliases().get(collection):
            return target
        return collection if collection in self._physical() else None

    def resolve(self, collection: str) -> str:
        """Find what a name stands for.

        Raises:
            CollectionNotFoundError: names those that there are.
        """
        found = self.find(collection)
        if found is None:
            raise CollectionNotFoundError(collection, self.names())
        return found

    def use(self, collection: str, physical: str) -> None:
        """Let the name stand for this generation, in one step."""
        actions: list[models.DeleteAliasOperation | models.CreateAliasOperation] = [
            models.DeleteAliasOperation(delete_alias=models.DeleteAlias(alias_name=collection)),
            models.CreateAliasOperation(
                create_alias=models.CreateAlias(collection_name=physical, alias_name=collection)
            ),
        ]
        # A server takes the deletion of an alias that is not there as done.
        self._server.ask(self._server.admin.update_collection_aliases, actions)

    def of(self, collection: str) -> list[str]:
        """All generations of a collection, in use or not, oldest first."""
        numbered = [(parsed[1], name) for name in self._physical() if (parsed := split_generation(name))]
        return [name for _, name in sorted(numbered) if name.rpartition("@")[0] == collection]

    def next(self, collection: str) -> str:
        """Name the generation after the one in use, and delete all others: what was staged before is void.

        Raises:
            CollectionNotFoundError: no such collection.
            StoreError: it was made without generations.
        """
        current = self.resolve(collection)
        parsed = split_generation(current)
        if parsed is None:
            raise StoreError(
                f"collection {collection!r} at {self._server.where} was made by an older release, without generations, "
                "so it cannot be replaced in one step. Index into a new collection."
            )
        self.keep(current)
        return generation_name(parsed[0], parsed[1] + 1)

    def keep(self, physical: str) -> None:
        """Delete all other generations of a generation's collection."""
        for other in self.of(physical.rpartition("@")[0]):
            if other != physical:
                self.delete(other)

    def drop(self, collection: str) -> None:
        """Delete a collection with all its generations; nothing happens where there is none."""
        current = self.find(collection)
        if current is not None and read_schema(self._server, current) is not None:
            self.delete(current)  # the alias goes with it
        for name in self.of(collection):
            self.delete(name)

    def delete(self, physical: str) -> None:
        """Delete one generation; nothing happens where there is none."""
        self._server.ask(self._server.admin.delete_collection, physical)

    def _physical(self) -> list[str]:
        return sorted(one.name for one in self._server.ask(self._server.admin.get_collections).collections)


def _is_ours(alias: models.AliasDescription) -> bool:
    parsed = split_generation(alias.collection_name)
    return parsed is not None and parsed[0] == alias.alias_name
