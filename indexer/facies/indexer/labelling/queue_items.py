"""What a queue of images to look at is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, get_args

from facies.models.near_duplicates import ALIKE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from facies.core.filters import Filter
    from facies.core.records import Prediction
    from facies.indexer.labelling.review import Standing
    from facies.models.selection import Doubt

Reason: TypeAlias = Literal["uncertain", "boundary", "diverse", "disagreement", "errors", "duplicates", "flagged"]
REASONS: Final[tuple[Reason, ...]] = get_args(Reason)


@dataclass(frozen=True, slots=True)
class QueueItem:
    """An image that waits for a look.

    Attributes:
        id: of the image.
        event: version of its label when the queue was made.
        value: by what it is ordered; what it means follows from the reason.
        suggestions: its most probable labels.
        by_vector: the most probable label by each vector, where these disagree.
        mate: id of the near-duplicate with another label.
        mate_label: that label.
        note: what a person remarked.
        actor: who that was.
    """

    id: str
    event: int | None
    value: float | None = None
    suggestions: tuple[Prediction, ...] = ()
    by_vector: tuple[tuple[str, str], ...] = ()
    mate: str | None = None
    mate_label: str | None = None
    note: str | None = None
    actor: str | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """What a way of looking came to.

    Attributes:
        items: the most worth a look first.
        looked_at: images that were looked at.
    """

    items: list[QueueItem]
    looked_at: int


@dataclass(frozen=True, slots=True)
class QueueOrder:
    """What a queue shall be.

    Attributes:
        reason: why images should be looked at.
        limit: most images, at least 1.
        vector: named vector to compare by; None: the default.
        others: further vectors, for ``disagreement``; none: all that the collection has.
        where: narrows the images.
        group: metadata field; images that share a value never teach each other's name.
        doubt: how uncertainty is measured.
        alike: cosine from which images are near-duplicates.
        without: ids of images that are left out, such as those that were passed over.
    """

    reason: Reason
    limit: int = 50
    vector: str | None = None
    others: tuple[str, ...] = ()
    where: Filter | None = None
    group: str | None = None
    doubt: Doubt = "top"
    alike: float = ALIKE
    without: frozenset[str] = frozenset()

    def leave_out(self, standings: Sequence[Standing]) -> list[Standing]:
        """Those that may come into the queue."""
        return [one for one in standings if one.id not in self.without]
