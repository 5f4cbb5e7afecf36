"""Growing a label by bisection. The service keeps nothing: `state` comes with each answer and goes back as it is."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body

from facies.api.actors import ActorDep
from facies.api.dependencies import CollectionName, ServiceDep
from facies.api.growing import (
    accept_growth,
    draw_one_audit,
    judge_one_audit,
    judge_one_page,
    shorten_growth,
    start_to_grow,
)
from facies.api.routes.responses import problems
from facies.core.wire_growth import (
    GrowAcceptBody,
    GrowAuditBody,
    GrowAuditedBody,
    GrowBody,
    GrownOut,
    GrowOut,
    GrowPageBody,
    GrowStateBody,
)

router = APIRouter(prefix="/collections/{name}/review/growth", tags=["review"])

_READS, _WRITES = problems(404, 422, 503), problems(404, 409, 422, 503, 507)
_STARTS = {"class": {"summary": "More of a class", "value": {"label": "areoligera", "page": 20}}}


@router.post("", summary="Start to grow a label", responses=_READS)
def start(
    service: ServiceDep, name: CollectionName, body: Annotated[GrowBody, Body(openapi_examples=_STARTS)]
) -> GrowOut:
    """Order the images that nobody has named by how much more they look like the examples than like other classes.

    The answer has the first page to be judged. `ask` says what comes next.
    """
    return start_to_grow(service, name, body)


@router.post("/page", summary="Judge a page", responses=_READS)
def judge(service: ServiceDep, name: CollectionName, body: GrowPageBody) -> GrowOut:
    """Say that a page is right, but for the images named wrong, or mostly wrong; the answer has the next page."""
    return judge_one_page(service, name, body)


@router.post("/audit", summary="Draw an audit", responses=_READS)
def audit(service: ServiceDep, name: CollectionName, body: GrowAuditBody) -> GrowOut:
    """A sample by chance of what would be accepted unseen, each image of which is to be judged."""
    return draw_one_audit(service, name, body)


@router.post("/audited", summary="Judge an audit", responses=_READS)
def audited(service: ServiceDep, name: CollectionName, body: GrowAuditedBody) -> GrowOut:
    """Say which images of the sample are wrong; `audit` bounds the share of right ones among the unseen."""
    return judge_one_audit(service, name, body)


@router.post("/shorten", summary="Accept less", responses=_READS)
def cut_shorter(service: ServiceDep, name: CollectionName, body: GrowStateBody) -> GrowOut:
    """Accept only up to where the last audit was as right as was wanted; what is left has to be audited anew."""
    return shorten_growth(service, name, body)


@router.post("/accept", summary="Accept what was grown", responses=_WRITES)
def accept(service: ServiceDep, actor: ActorDep, name: CollectionName, body: GrowAcceptBody) -> GrownOut:
    """Give the label as one batch: what a person saw is validated, the rest predicted as surely as the audit says."""
    return accept_growth(service, name, body, actor)
