"""What growing labels by bisection costs a person, against other ways: measured on labels that are known.

Ten times a few images of each class count as validated; a person who knows the true labels does the rest. One action is
one page judged, one image taken out of it or named otherwise, one image of an audit judged, one image labelled by
itself. Four ways are counted, and two in which growing comes first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, get_args

import numpy as np
from threadpoolctl import threadpool_limits

from facies.core.errors import QueryError
from facies.models.bisection import Ranking, Session, compute_leads, draw_audit, judge_audit, judge_page, suggest_cut
from facies.models.namers import Validated, fit_namer

if TYPE_CHECKING:
    from facies.core.metrics import Codes, Embeddings, Indices
    from facies.models.abstention import Flags

EXAMPLES: Final = 5
"""Validated images of each class at the start; of a class of fewer than ten a half, at least one."""
PAGE: Final = 20
AUDIT: Final = 20
PRECISION: Final = 0.95
"""Share of right ones that a person wants of what is accepted; where an audit shows less, it is cut shorter."""
PATIENCE: Final = 0.3
"""Share of a page that a person takes out at most, since each costs as much as a label; beyond it the page is wrong."""
_SEEDS: Final = tuple(range(10))
_ROUNDS: Final = 5
"""After each of them suggestions are computed anew, from all that was labelled by then."""

Way: TypeAlias = Literal[
    "one_by_one", "suggestions", "bisection", "bisection_one_by_one", "bisection_suggestions", "bisection_all_seen"
]
WAYS: Final[tuple[Way, ...]] = get_args(Way)


@dataclass(frozen=True, slots=True)
class Work:
    """What a way took, and gave.

    Attributes:
        pages: that were judged.
        changed: images taken out of a page, or named otherwise.
        audited: images of audits.
        single: images labelled by themselves.
        labels: images that have a label afterwards.
        right: how many of these the right one.
    """

    pages: int = 0
    changed: int = 0
    audited: int = 0
    single: int = 0
    labels: int = 0
    right: int = 0

    @property
    def actions(self) -> int:
        """All of a person's."""
        return self.pages + self.changed + self.audited + self.single

    def __add__(self, other: Work) -> Work:
        return Work(*(getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__))


@dataclass(frozen=True, slots=True)
class Bisected:
    """What was measured.

    Attributes:
        images: that had to be labelled, in each of the trials.
        classes: theirs.
        page: images of a page.
        audit: images of an audit, at most.
        precision: that the person wanted.
        trials: of each way one for each draw of the images that were validated at the start.
    """

    images: int
    classes: int
    page: int
    audit: int
    precision: float
    trials: Mapping[Way, tuple[Work, ...]]


def evaluate_bisection(
    vectors: Embeddings, labels: Sequence[str], *, page: int = PAGE, audit: int = AUDIT, precision: float = PRECISION
) -> Bisected:
    """Label images of which the labels are known, in each way.

    Args:
        vectors: shape (n, d), float32, unit rows.
        labels: n class names.
        page: images of a page.
        audit: images of an audit, at most.
        precision: that the person wants, above 0 and at most 1.

    Raises:
        QueryError: there are fewer than two classes, a class has a single image, or a number is out of its range.
    """
    _check(labels, page, audit, precision)
    classes, codes = np.unique(np.asarray(labels, dtype=str), return_inverse=True)
    trials: dict[Way, list[Work]] = {way: [] for way in WAYS}
    # The products here are small: one thread each is as fast, and does not wait for cores that others use.
    with threadpool_limits(1):
        for seed in _SEEDS:
            person = _Person(vectors, codes, page=page, audit=audit, precision=precision, seed=seed)
            for way, work in person.try_all().items():
                trials[way].append(work)
    images = trials["one_by_one"][0].labels
    found = {way: tuple(works) for way, works in trials.items()}
    return Bisected(images, len(classes), page, audit, precision, found)


class _Person:
    """Somebody who knows the true label of every image, and labels those of one draw."""

    def __init__(
        self, vectors: Embeddings, codes: Codes, *, page: int, audit: int, precision: float, seed: int
    ) -> None:
        self._vectors, self._truth = vectors, codes
        self._page, self._audit, self._precision, self._seed = page, audit, precision, seed
        rng = np.random.default_rng(seed)
        of_each = [rng.permutation(np.flatnonzero(codes == code)) for code in range(int(codes.max()) + 1)]
        self._start = np.concatenate([own[: max(1, min(EXAMPLES, len(own) // 2))] for own in of_each])

    def try_all(self) -> dict[Way, Work]:
        """Label in each way."""
        validated = np.zeros(len(self._truth), dtype=bool)
        validated[self._start] = True
        todo = np.flatnonzero(~validated)
        alone = self._suggest(validated, todo)
        grown, seen, given = self._grow(validated)
        unseen = np.flatnonzero((given >= 0) & ~seen)
        rest = np.flatnonzero((given < 0) & ~seen)
        by_page = self._suggest(seen, rest)
        checked = self._check(unseen, given)
        return {
            "one_by_one": Work(single=len(todo), labels=len(todo), right=len(todo)),
            "suggestions": alone,
            "bisection": grown,
            "bisection_one_by_one": grown + Work(single=len(rest), labels=len(rest), right=len(rest)),
            "bisection_suggestions": grown + by_page,
            "bisection_all_seen": grown + by_page + checked,
        }

    def _grow(self, validated: Flags) -> tuple[Work, Flags, Codes]:
        """Grow each class in turn; gives the work, which images are validated afterwards, and labels not looked at."""
        seen = validated.copy()
        given = np.full(len(self._truth), -1)
        work = Work()
        for code in range(int(self._truth.max()) + 1):
            work += self._grow_class(code, seen, given)
        there = np.flatnonzero(seen & ~validated)
        unseen = np.flatnonzero((given >= 0) & ~seen)
        right = len(there) + int(np.count_nonzero(given[unseen] == self._truth[unseen]))
        return work + Work(labels=len(there) + len(unseen), right=right), seen, given

    def _grow_class(self, code: int, seen: Flags, given: Codes) -> Work:
        """One session, as `facies label grow` has it; ``seen`` and ``given`` become what is known afterwards."""
        truth = self._truth
        others = [self._vectors[seen & (truth == one)] for one in np.unique(truth[seen]) if one != code]
        candidates = np.flatnonzero(~seen)
        leads = compute_leads(self._vectors[candidates], self._vectors[seen & (truth == code)], others)
        ranking = Ranking([f"{place:08d}" for place in candidates], leads)
        session = Session()
        while page := ranking.next_page(session, self._page):
            wrong = {cut.id for cut in page if truth[int(cut.id)] != code}
            if len(wrong) > PATIENCE * len(page):
                session = judge_page(session, page, "wrong")
            else:
                session = judge_page(session, page, "right", wrong)
        changed = len(session.taken_out)
        unseen = [cut for cut in ranking.accepted(session) if cut.id not in set(session.kept)]
        sample = draw_audit(unseen, self._audit, self._seed)
        wrong = {cut.id for cut in sample if truth[int(cut.id)] != code}
        session, audited = judge_audit(session, sample, wrong)
        taken = {cut.id for cut in unseen} - {cut.id for cut in sample}
        if audited.right < self._precision * audited.total:
            shorter = suggest_cut(sample, wrong, self._precision)
            end = 0 if shorter is None else unseen.index(shorter) + 1
            taken &= {cut.id for cut in unseen[:end]}
        seen[[int(key) for key in session.kept]] = True
        given[[int(key) for key in taken]] = code
        return Work(pages=session.pages, changed=changed, audited=audited.total)

    def _suggest(self, validated: Flags, todo: Indices) -> Work:
        """Look through pages of images with one suggested label, the surest first, and rename those that err."""
        known, left = validated.copy(), todo
        work = Work(labels=len(todo), right=len(todo))
        for remaining in range(_ROUNDS, 0, -1):
            if not len(left):
                break
            names = tuple(str(code) for code in range(int(self._truth.max()) + 1))
            namer = fit_namer(Validated(self._vectors[known], self._truth[known], names), ["votes"])
            named = namer.name(self._vectors[left]).probabilities
            surest = np.argsort(-named.max(axis=1), kind="stable")[: -(-len(left) // remaining)]
            suggested = named.argmax(axis=1)[surest]
            pages = sum(-(-int(size) // self._page) for size in np.bincount(suggested))
            work += Work(pages=pages, changed=int(np.count_nonzero(suggested != self._truth[left[surest]])))
            known[left[surest]] = True
            left = np.delete(left, surest)
        return work

    def _check(self, unseen: Indices, given: Codes) -> Work:
        """Look through pages of what was accepted unseen, and name those otherwise that err."""
        wrong = int(np.count_nonzero(given[unseen] != self._truth[unseen]))
        sizes = np.bincount(given[unseen])
        return Work(pages=sum(-(-int(size) // self._page) for size in sizes), changed=wrong, right=wrong)


def _check(labels: Sequence[str], page: int, audit: int, precision: float) -> None:
    _, sizes = np.unique(np.asarray(labels, dtype=str), return_counts=True)
    if len(sizes) < 2 or sizes.min() < 2:
        raise QueryError(
            f"{len(labels)} labelled images of {len(sizes)} classes, the smallest of {min(sizes, default=0)}: expected "
            "2 classes or more, of 2 images or more each, to measure growing with"
        )
    if min(page, audit) < 1 or not 0 < precision <= 1:
        raise QueryError(
            f"pages of {page}, audits of {audit} and a precision of {precision:g}: expected 1 or more, and 0 to 1"
        )
