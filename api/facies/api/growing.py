"""The use cases of growing a label by bisection: a session comes in with a request and goes out with its answer."""

from __future__ import annotations

from facies.api.labelling import batch_out
from facies.api.review import show_images
from facies.api.service import Service
from facies.api.where import read_where
from facies.core.actors import Actor
from facies.core.filters import to_json
from facies.core.wire_growth import (
    AuditCount,
    AuditOut,
    CutBody,
    GrowAcceptBody,
    GrowAuditBody,
    GrowAuditedBody,
    GrowBody,
    GrownOut,
    GrowOut,
    GrowPageBody,
    GrowStateBody,
    GrowthState,
)
from facies.indexer.labelling.bisection import accept, rank, show_audit, show_page, start_growth
from facies.indexer.labelling.growth import Growth, Stage, answer_audit, answer_page, locate, shorten
from facies.models.bisection import Audited, Cut, Session


def start_to_grow(service: Service, name: str, body: GrowBody) -> GrowOut:
    """Open a session, and show the first page.

    Raises:
        CollectionNotFoundError, ImageNotFoundError: there is none of this name, or id.
        QueryError: there is no example, or no vector or field of a name.
    """
    where = read_where(service.workspace, name, body.where)
    growth = start_growth(service.workspace, name, body.label, examples=body.examples, vector=body.vector, where=where)
    return _out(service, name, *show_page(service.workspace, name, growth, body.page))


def judge_one_page(service: Service, name: str, body: GrowPageBody) -> GrowOut:
    """Take in what a person says of a page, and show the next one.

    Raises:
        CollectionNotFoundError: no collection of this name.
        QueryError: no page was shown, an id is not on it, or the session belongs to other vectors.
    """
    growth = read_state(service, name, body.state)
    if body.verdict is not None:
        growth = answer_page(growth, body.verdict, set(body.wrong))
    return _out(service, name, *show_page(service.workspace, name, growth, body.page))


def draw_one_audit(service: Service, name: str, body: GrowAuditBody) -> GrowOut:
    """Show a sample of what would be accepted unseen.

    Raises:
        CollectionNotFoundError: no collection of this name.
        QueryError: nothing is unseen, or the session belongs to other vectors.
    """
    growth = read_state(service, name, body.state)
    return _out(service, name, *show_audit(service.workspace, name, growth, body.images, body.seed))


def judge_one_audit(service: Service, name: str, body: GrowAuditedBody) -> GrowOut:
    """Take in what a person says of each image of a sample, and say how right the others are.

    Raises:
        CollectionNotFoundError: no collection of this name.
        QueryError: no sample was shown, an id is not in it, or the session belongs to other vectors.
    """
    growth = answer_audit(read_state(service, name, body.state), set(body.wrong), body.precision)
    audited = growth.audited or Audited(0, 0)
    return _locate(service, name, growth, enough=audited.right >= body.precision * audited.total)


def shorten_growth(service: Service, name: str, body: GrowStateBody) -> GrowOut:
    """Accept less, as the last audit suggests.

    Raises:
        CollectionNotFoundError: no collection of this name.
        QueryError: no audit was answered, or the session belongs to other vectors.
    """
    return _locate(service, name, shorten(read_state(service, name, body.state)))


def accept_growth(service: Service, name: str, body: GrowAcceptBody, actor: Actor) -> GrownOut:
    """Give the label to all that is right by the session, as one batch that can be undone.

    Raises:
        CollectionNotFoundError: no collection of this name.
        QueryError: something unseen was not audited, nothing would be labelled, or the session is of other vectors.
        StaleLabelError: somebody has labelled one of the images meanwhile; nothing was changed.
    """
    growth = read_state(service, name, body.state)
    given = accept(service.workspace, name, growth, actor, validate_unseen=body.validate_unseen, reject=body.reject)
    return GrownOut(
        batch=batch_out(given.batch),
        validated=given.validated,
        predicted=given.predicted,
        rejected=given.rejected,
        confidence=given.confidence,
        notes=list(given.notes),
    )


def read_state(service: Service, name: str, state: GrowthState) -> Growth:
    """A session as it came in.

    Raises:
        QueryError: its filter makes no sense for this collection.
    """
    return Growth(
        state.label,
        state.vector,
        state.made_by,
        tuple(state.examples),
        tuple(tuple(ids) for ids in state.others),
        read_where(service.workspace, name, state.where),
        Session(_cut(state.right), _cut(state.wrong), tuple(state.kept), tuple(state.taken_out), state.pages),
        tuple(Cut(cut.lead, cut.id) for cut in state.page),
        tuple(Cut(cut.lead, cut.id) for cut in state.sample),
        state.seed,
        None if state.audited is None else Audited(state.audited.right, state.audited.total),
        _cut(state.shorter),
    )


def write_state(growth: Growth) -> GrowthState:
    """A session as it goes out."""
    session, audited = growth.session, growth.audited
    return GrowthState(
        label=growth.label,
        vector=growth.vector,
        made_by=growth.made_by,
        examples=list(growth.examples),
        others=[list(ids) for ids in growth.others],
        where=None if growth.where is None else to_json(growth.where),
        right=_body(session.right),
        wrong=_body(session.wrong),
        kept=list(session.kept),
        taken_out=list(session.taken_out),
        pages=session.pages,
        page=[CutBody(lead=cut.lead, id=cut.id) for cut in growth.page],
        sample=[CutBody(lead=cut.lead, id=cut.id) for cut in growth.sample],
        seed=growth.seed,
        audited=None if audited is None else AuditCount(right=audited.right, total=audited.total),
        shorter=_body(growth.shorter),
    )


def _locate(service: Service, name: str, growth: Growth, *, enough: bool = True) -> GrowOut:
    ranking, _ = rank(service.workspace, name, growth)
    return _out(service, name, growth, locate(ranking, growth), enough=enough)


def _out(service: Service, name: str, growth: Growth, stage: Stage, *, enough: bool = True) -> GrowOut:
    shown = growth.page or growth.sample
    images = show_images(service, name, [cut.id for cut in shown])
    audited = growth.audited
    unaudited = stage.unseen > 0 and audited is None
    return GrowOut(
        state=write_state(growth),
        ask="page" if growth.page else "audit" if growth.sample or unaudited else "accept",
        images=[images[cut.id] for cut in shown if cut.id in images],
        candidates=stage.candidates,
        right=stage.right,
        unseen=stage.unseen,
        open=stage.open,
        audit=None
        if audited is None
        else AuditOut(right=audited.right, total=audited.total, low=audited.low, high=audited.high, enough=enough),
    )


def _cut(body: CutBody | None) -> Cut | None:
    return None if body is None else Cut(body.lead, body.id)


def _body(cut: Cut | None) -> CutBody | None:
    return None if cut is None else CutBody(lead=cut.lead, id=cut.id)
