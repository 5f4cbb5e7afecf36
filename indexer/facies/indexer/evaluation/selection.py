"""Which images of a gallery are measured: those that others can find, and that all recipes have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from facies.core.errors import QueryError

if TYPE_CHECKING:
    from facies.indexer.evaluation.gallery import Gallery


def align(galleries: Sequence[Gallery]) -> list[Gallery]:
    """Keep the images that all galleries have, in the order of the first, so that they can be compared.

    Raises:
        QueryError: they have none in common.
    """
    shared = set(galleries[0].keys).intersection(*(gallery.keys for gallery in galleries))
    if not shared:
        raise QueryError("the recipes have no image in common that all of them could embed")
    ordered = [key for key in galleries[0].keys if key in shared]
    aligned = []
    for gallery in galleries:
        places = {key: place for place, key in enumerate(gallery.keys)}
        missing = len(gallery.keys) - len(ordered)
        notes = [f"{missing:,} images take no part, since another recipe has no vector of them"] if missing else []
        aligned.append(gallery.select([places[key] for key in ordered], *notes))
    return aligned


def take_part(gallery: Gallery) -> Gallery:
    """Leave out the images that stand alone in their class, which nothing could find, and say so.

    With groups they stay among the candidates, as images of any class do that lies in one group alone. Vectors that are
    equal to the last bit, as copies of a file have them, are told of.

    Raises:
        QueryError: every image stands alone in its class.
    """
    copies = len(gallery.keys) - len({row.tobytes() for row in gallery.vectors})
    said = [f"{copies:,} images have the very vector of another; copies of a file find each other"] if copies else []
    sizes = Counter(gallery.labels)
    alone = sorted(label for label, size in sizes.items() if size == 1)
    if not alone or gallery.groups is not None:
        return gallery.select(range(len(gallery.keys)), *said)
    kept = [i for i, label in enumerate(gallery.labels) if sizes[label] > 1]
    if not kept:
        raise QueryError(
            f"the {len(gallery.labels):,} labelled images are of {len(sizes):,} classes with a single image each, so "
            "none could be found; label a second image of each class"
        )
    names = ", ".join(alone[:10]) + (f" and {len(alone) - 10} more" if len(alone) > 10 else "")
    said.append(f"classes of a single image take no part; label a second one of each: {names}")
    return gallery.select(kept, *said)
