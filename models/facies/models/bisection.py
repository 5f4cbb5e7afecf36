"""Bisection: how far down a list that falls in similarity a label holds, found by looking at few pages of it.

All that is known of a session are two cuts, the last image of a page that was right and the first of one that was
mostly wrong. They name a place by value, so that images may leave the list meanwhile. While no page was wrong the next
one lies about twice as far down; afterwards it lies in the middle between the cuts. A label of a hundred images is thus
found as fast in a list of a million as in one of a thousand.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import numpy as np

from facies.core.errors import QueryError
from facies.models.abstention import bound_share

if TYPE_CHECKING:
    from collections.abc import Sequence
    from collections.abc import Set as AbstractSet

    from facies.core.metrics import Embeddings
    from facies.models.calibration import Values

Verdict: TypeAlias = Literal["right", "wrong"]
"""Of a page: right, but for the images that were taken out; or mostly wrong."""

_DIGITS: Final = 6
"""Of a lead, so that the same image has the same one in any company of others that it is computed with."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A place in the list: that of an image, which may be gone meanwhile.

    Attributes:
        lead: by how much it is more similar to the examples than to the nearest other class.
        id: of the image; of equal leads the lower id comes first.
    """

    lead: float
    id: str


@dataclass(frozen=True, slots=True)
class Session:
    """How far a person has come.

    Attributes:
        right: all before this image, and itself, are taken to be right; None: none was found so yet.
        wrong: from this image on all are taken to be wrong; None: no such page was found yet.
        kept: ids of the images that a person saw and left in.
        taken_out: ids of those that a person saw and took out.
        pages: that were judged.
    """

    right: Cut | None = None
    wrong: Cut | None = None
    kept: tuple[str, ...] = ()
    taken_out: tuple[str, ...] = ()
    pages: int = 0


@dataclass(frozen=True, slots=True)
class Audited:
    """What a sample says of the images that would be accepted unseen.

    Attributes:
        right: of the sample.
        total: of the sample.
    """

    right: int
    total: int

    @property
    def low(self) -> float:
        """Lower end of an interval of 95 % for the share of right ones among the unseen, see `bound_share`."""
        return bound_share(self.right, self.total)[0]

    @property
    def high(self) -> float:
        """Its upper end."""
        return bound_share(self.right, self.total)[1]


class Ranking:
    """Candidates by falling lead, equal ones by id."""

    def __init__(self, ids: Sequence[str], leads: Values) -> None:
        """Order candidates.

        Args:
            ids: n, each once.
            leads: shape (n,), see `compute_leads`.
        """
        self._keys = sorted((-float(lead), key) for key, lead in zip(ids, leads, strict=True))

    def __len__(self) -> int:
        return len(self._keys)

    def cuts(self, start: int = 0, end: int | None = None) -> list[Cut]:
        """The candidates from place ``start`` to before place ``end``."""
        return [Cut(-lead, key) for lead, key in self._keys[start:end]]

    def bounds(self, session: Session) -> tuple[int, int]:
        """How many candidates are right by the session, and from which place on they are wrong."""
        right = 0 if session.right is None else bisect_right(self._keys, (-session.right.lead, session.right.id))
        end = len(self) if session.wrong is None else bisect_left(self._keys, (-session.wrong.lead, session.wrong.id))
        return right, max(right, end)

    def next_page(self, session: Session, size: int) -> list[Cut]:
        """The candidates that tell most, in order; none where less than a page lies between the cuts.

        Args:
            session: how far one has come.
            size: images of a page, at least 1. The first page may be smaller where there are fewer candidates.

        Raises:
            QueryError: the size is below 1.

        Source: Bentley & Yao (1976): An almost optimal algorithm for unbounded searching, Inf. Process. Lett. 5; pages
        and bisection for labelling after Schröder, Kiko & Koch (2020): MorphoCluster, Sensors 20, 3060.
        """
        if size < 1:
            raise QueryError(f"a page of {size} images was asked for, expected at least 1")
        right, end = self.bounds(session)
        if end - right < size and session.pages:
            return []
        start = 2 * right if session.wrong is None else (right + end - size) // 2
        start = max(right, min(start, end - size))
        return self.cuts(start, min(start + size, end))

    def accepted(self, session: Session) -> list[Cut]:
        """The candidates that are right by the session, but for those taken out."""
        out = set(session.taken_out)
        return [cut for cut in self.cuts(0, self.bounds(session)[0]) if cut.id not in out]


def judge_page(
    session: Session, page: Sequence[Cut], verdict: Verdict, wrong: AbstractSet[str] = frozenset()
) -> Session:
    """Go on from what a person says of a page.

    Args:
        session: before.
        page: as `Ranking.next_page` gave it, at least one image.
        verdict: ``right``: all but those named wrong belong; ``wrong``: most do not, and nothing is said of each.
        wrong: ids on the page that do not belong.

    Raises:
        QueryError: there is no page, or an id is not on it.
    """
    if not page:
        raise QueryError("there is no page to judge: ask for the next one first")
    strange = sorted(wrong - {cut.id for cut in page})
    if strange:
        raise QueryError(f"{strange[0]} is not on the page that was shown; name images of that page alone")
    out = tuple(cut.id for cut in page if cut.id in wrong)
    if verdict == "wrong":
        # Those taken out by name are known to be wrong, whatever becomes of the others.
        return replace(session, wrong=page[0], taken_out=session.taken_out + out, pages=session.pages + 1)
    kept = tuple(cut.id for cut in page if cut.id not in wrong)
    return replace(
        session,
        right=page[-1],
        kept=session.kept + kept,
        taken_out=session.taken_out + out,
        pages=session.pages + 1,
    )


def draw_audit(unseen: Sequence[Cut], count: int, seed: int) -> list[Cut]:
    """Draw a sample by chance, in the order of the list; the same seed and images give the same sample.

    Args:
        unseen: what would be accepted without having been seen, in order.
        count: at least 1; where there are fewer, all are drawn.
        seed: of the chance, at least 0.

    Raises:
        QueryError: count is below 1, or the seed below 0.
    """
    if count < 1 or seed < 0:
        raise QueryError(f"an audit of {count} images with seed {seed}: expected at least 1 image and seed 0")
    chosen = np.random.default_rng(seed).permutation(len(unseen))[:count]
    return [unseen[place] for place in np.sort(chosen)]


def judge_audit(session: Session, sample: Sequence[Cut], wrong: AbstractSet[str]) -> tuple[Session, Audited]:
    """Take in what a person says of each image of a sample.

    Args:
        session: before; what was sampled is seen afterwards, and no longer among the unseen.
        sample: see `draw_audit`.
        wrong: ids of the sample that do not belong.

    Raises:
        QueryError: an id is not in the sample.
    """
    strange = sorted(wrong - {cut.id for cut in sample})
    if strange:
        raise QueryError(f"{strange[0]} is not in the sample of the audit; name images of that sample alone")
    kept = tuple(cut.id for cut in sample if cut.id not in wrong)
    out = tuple(cut.id for cut in sample if cut.id in wrong)
    after = replace(session, kept=session.kept + kept, taken_out=session.taken_out + out)
    return after, Audited(len(kept), len(sample))


def suggest_cut(sample: Sequence[Cut], wrong: AbstractSet[str], precision: float) -> Cut | None:
    """Find the last image of an audit up to which at least a share ``precision`` is right; None if there is none.

    Args:
        sample: in the order of the list.
        wrong: ids of the sample that do not belong.
        precision: 0 to 1.

    Example:
        >>> page = [Cut(0.9, "a"), Cut(0.8, "b"), Cut(0.7, "c"), Cut(0.6, "d")]
        >>> suggest_cut(page, {"c", "d"}, 0.9)
        Cut(lead=0.8, id='b')
    """
    right = np.cumsum([cut.id not in wrong for cut in sample])
    reached = np.flatnonzero(right >= precision * np.arange(1, len(sample) + 1))
    return sample[int(reached[-1])] if len(reached) else None


def compute_leads(vectors: Embeddings, examples: Embeddings, others: Sequence[Embeddings] = ()) -> Values:
    """Say by how much images are more similar to the mean of the examples than to that of the nearest other class.

    That finds more of a class than the similarity alone, which images of neighbouring classes share (docs/review.md).

    Args:
        vectors: shape (n, d), float32, unit rows.
        examples: shape (m, d), m >= 1, unit rows.
        others: of each other class shape (o, d), o >= 1, unit rows; with none it is the similarity itself.

    Returns:
        shape (n,), -2 to 2, rounded to six decimals.

    Raises:
        QueryError: there is no example.
    """
    if not len(examples):
        raise QueryError("there is no example to grow from; give at least one image that shows the class")
    rows = vectors.astype(np.float64)
    leads = rows @ _mean(examples)
    if len(others):
        leads -= (rows @ np.stack([_mean(one) for one in others], axis=1)).max(axis=1)
    rounded: Values = np.round(leads, _DIGITS)
    return rounded + 0.0  # no negative zero, which would be another value as text


def _mean(vectors: Embeddings) -> Values:
    mean: Values = vectors.astype(np.float64).mean(axis=0)
    length = np.linalg.norm(mean)
    return mean / length if length > 0 else mean
