"""Groups of near copies as a job has written them, and what was decided about them. Pure."""

from __future__ import annotations

import json
from collections.abc import Container, Sequence
from dataclasses import dataclass, replace
from typing import Final

GROUPS_FILE: Final = "near-copies.json"
TABLE_FILE: Final = "near-copies.csv"


@dataclass(frozen=True, slots=True)
class Group:
    """Images that are all but the same.

    Attributes:
        key: tells it from the others, whatever becomes of its images.
        ids: at least two, the validated first.
        similarity: of every one the nearest other one is at least so similar.
        differs: whether two of their labels differed when the job looked.
    """

    key: str
    ids: tuple[str, ...]
    similarity: float
    differs: bool


def read_groups(data: bytes) -> list[Group]:
    """Read the file of a job of kind ``near-copies``.

    >>> read_groups(b'{"groups": [{"similarity": 1.0, "differs": false, "ids": ["a", "b"]}]}')
    [Group(key='a', ids=('a', 'b'), similarity=1.0, differs=False)]
    """
    told = json.loads(data)["groups"]
    return [Group(one["ids"][0], tuple(one["ids"]), one["similarity"], one["differs"]) for one in told]


def still_open(
    groups: Sequence[Group], *, gone: Container[str], kept: Container[str], differing_only: bool
) -> list[Group]:
    """The groups that are still to be decided on, without images that were deleted.

    Args:
        groups: as the job found them.
        gone: ids that were deleted since.
        kept: keys of groups that somebody has put aside.
        differing_only: whether only groups whose labels differ count.
    """
    left = [
        replace(group, ids=tuple(one for one in group.ids if one not in gone))
        for group in groups
        if group.key not in kept and (group.differs or not differing_only)
    ]
    return [group for group in left if len(group.ids) > 1]
