"""Several named vectors as one ranking: reciprocal rank fusion."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from math import fsum, inf

from facies.api.candidates import Steps

RANK_CONSTANT = 60
"""k of the formula: how little the first places count for more than those that follow."""


def fuse_steps(lists: Sequence[Steps]) -> Steps:
    """Fuse the first steps of several rankings by `fuse_ranks`; what lies beyond follows, one ranking after the other.

    Fusing whole rankings would take whole rankings: an image that one of them has far down could come up. With the
    first steps alone the order is settled before anybody asks for a page of it.
    """
    lists = [iter(steps) for steps in lists]
    firsts = [next(steps, []) for steps in lists]
    found = {one.id: one for one in chain.from_iterable(reversed(firsts))}
    order = fuse_ranks([[one.id for one in first] for first in firsts])
    yield [found[image_id] for image_id in order]
    seen = set(order)
    for step in chain.from_iterable(lists):
        yield [one for one in step if one.id not in seen]
        seen.update(one.id for one in step)


def fuse_ranks(lists: Sequence[Sequence[str]]) -> list[str]:
    """Order all ids of several rankings by the sum of 1 / (60 + rank) over those that have them, ranks from 1.

    Of equals comes first what the first ranking has further up, then the second.

    >>> fuse_ranks([["a", "b", "c"], ["c", "b", "d"]])
    ['c', 'b', 'a', 'd']

    Source: Cormack, Clarke & Büttcher (2009): Reciprocal rank fusion outperforms Condorcet and individual rank learning
    methods, SIGIR.
    """
    ranks = [{image_id: rank for rank, image_id in enumerate(ids, start=1)} for ids in lists]
    places = {image_id: [one.get(image_id, inf) for one in ranks] for image_id in chain.from_iterable(lists)}
    # fsum rounds once, so that ranks 3 and 7 are worth what 7 and 3 are, also among many.
    worth = {image_id: fsum(1 / (RANK_CONSTANT + rank) for rank in found) for image_id, found in places.items()}
    return sorted(places, key=lambda image_id: (-worth[image_id], places[image_id]))
