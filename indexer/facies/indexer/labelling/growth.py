"""A session of growing a label, whole: what comes in with a request and goes out with its answer."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from facies.core.errors import QueryError
from facies.models.bisection import Audited, Cut, Ranking, Session, Verdict, judge_audit, judge_page, suggest_cut

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from facies.core.filters import Filter


@dataclass(frozen=True, slots=True)
class Growth:
    """A session, whole.

    Attributes:
        label: what is grown.
        vector: named vector by which images are compared.
        made_by: digest of its fingerprint.
        examples: ids of the images that show the label.
        others: of each other class, ids of some images.
        where: narrows the candidates.
        session: how far a person has come.
        page: what is shown to be judged; empty before the first, and when there is nothing more to ask.
        sample: what is shown as an audit.
        seed: of the last audit.
        audited: what audits came to since the cut was last set; None before one.
        shorter: where to cut so that the audited part before it is as right as was wanted; None: nowhere.
    """

    label: str
    vector: str
    made_by: str
    examples: tuple[str, ...]
    others: tuple[tuple[str, ...], ...] = ()
    where: Filter | None = None
    session: Session = field(default_factory=Session)
    page: tuple[Cut, ...] = ()
    sample: tuple[Cut, ...] = ()
    seed: int | None = None
    audited: Audited | None = None
    shorter: Cut | None = None


@dataclass(frozen=True, slots=True)
class Stage:
    """Where a session stands among the candidates of now.

    Attributes:
        candidates: images without a name that a person gave, and with the vector.
        right: of them, how many would be accepted.
        unseen: of these, how many nobody has seen.
        open: how many lie between the cuts.
    """

    candidates: int
    right: int
    unseen: int
    open: int


def answer_page(growth: Growth, verdict: Verdict, wrong: AbstractSet[str] = frozenset()) -> Growth:
    """Take in what a person says of the page that was shown.

    Raises:
        QueryError: no page was shown, or an id is not on it.
    """
    session = judge_page(growth.session, growth.page, verdict, wrong)
    # What was audited before lay before another cut.
    return replace(growth, session=session, page=(), audited=None, shorter=None)


def answer_audit(growth: Growth, wrong: AbstractSet[str], precision: float) -> Growth:
    """Take in what a person says of each image of the sample; those that were seen need no audit any more.

    Args:
        growth: with a sample.
        wrong: ids of the sample that do not belong.
        precision: wanted; where the sample has less, `Growth.shorter` says where to cut.

    Raises:
        QueryError: there is no sample, an id is not in it, or the precision is out of its range.
    """
    if not growth.sample:
        raise QueryError("there is no audit to answer: ask for one first")
    if not 0 < precision <= 1:
        raise QueryError(f"the precision wanted is {precision:g}, expected more than 0 and at most 1")
    session, audited = judge_audit(growth.session, growth.sample, wrong)
    before = growth.audited or Audited(0, 0)
    whole = Audited(before.right + audited.right, before.total + audited.total)
    shorter = None
    if audited.right < precision * audited.total:
        shorter = suggest_cut(growth.sample, wrong, precision)
    return replace(growth, session=session, sample=(), audited=whole, shorter=shorter)


def shorten(growth: Growth) -> Growth:
    """Accept less: nothing beyond the place that the last audit suggests, or nothing unseen where it suggests none.

    The part that is left has to be audited anew, since it was chosen by the sample.

    Raises:
        QueryError: no audit was answered.
    """
    if growth.audited is None:
        raise QueryError("no audit says where to cut; ask for one first")
    session = replace(growth.session, right=growth.shorter)
    return replace(growth, session=session, page=(), sample=(), audited=None, shorter=None)


def locate(ranking: Ranking, growth: Growth) -> Stage:
    """Count where a session stands."""
    right, wrong = ranking.bounds(growth.session)
    accepted = ranking.accepted(growth.session)
    return Stage(len(ranking), len(accepted), len(list_unseen(ranking, growth.session)), wrong - right)


def list_unseen(ranking: Ranking, session: Session) -> list[Cut]:
    """What would be accepted without having been seen, in order."""
    kept = set(session.kept)
    return [cut for cut in ranking.accepted(session) if cut.id not in kept]


def describe_open(ranking: Ranking, growth: Growth) -> str | None:
    """Say which part of the candidates nobody has looked at, nor is accepted; None where there is none."""
    seen = {*growth.session.kept, *growth.session.taken_out}
    left = [cut for cut in ranking.cuts(*ranking.bounds(growth.session)) if cut.id not in seen]
    if not left:
        return None
    why = f"the last page, of {len(growth.page):,} images, was not answered; " if growth.page else ""
    where = f"{len(left):,} candidates with leads of {left[0].lead:+.3f} to {left[-1].lead:+.3f}"
    end = "" if growth.session.wrong else ", since no page was wrong"
    return f"{why}{where} were not looked at{end}: they stay as they were"


def describe(growth: Growth, unseen: int) -> dict[str, object]:
    """What a batch keeps of how it came about: examples, cuts, and what the audit said."""
    session, audited = growth.session, growth.audited
    return {
        "label": growth.label,
        "vector": growth.vector,
        "fingerprint": growth.made_by,
        "examples": list(growth.examples),
        "cut": None if session.right is None else {"lead": session.right.lead, "id": session.right.id},
        "wrong_from": None if session.wrong is None else {"lead": session.wrong.lead, "id": session.wrong.id},
        "pages": session.pages,
        "seen": len(session.kept),
        "taken_out": len(session.taken_out),
        "unseen": unseen,
        "audit": None
        if audited is None
        else {
            "right": audited.right,
            "images": audited.total,
            "low": audited.low,
            "high": audited.high,
            "seed": growth.seed,
        },
    }
