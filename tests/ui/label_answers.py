"""What the service in a function answers to the label page: previews, queues, growing, unknowns, batches."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel

from facies.core import wire, wire_growth, wire_labels, wire_review
from facies.core.wire_classify import PredictionOut

VERSION = (9, 2)


def batch_out(number: int = 7, *, in_effect: bool = True, **more: Any) -> wire_labels.LabelBatchOut:
    values: dict[str, Any] = {
        "number": number,
        "collection": "fossils",
        "source": "person",
        "actor": "Ann",
        "verified": False,
        "created_at": datetime(2026, 3, 4, tzinfo=UTC),
        "provenance": {},
        "undoes": None,
        "in_effect": in_effect,
        "images": 4,
    }
    return wire_labels.LabelBatchOut.model_validate(values | more)


def counts_out(images: Sequence[wire.ImageOut]) -> wire_labels.LabelCountsOut:
    states = Counter(image.state for image in images)
    classes = Counter(image.label for image in images if image.state == "validated" and image.label)
    return wire_labels.LabelCountsOut(
        collection="fossils",
        images=len(images),
        validated=states["validated"],
        predicted=states["predicted"],
        dubious=states["dubious"],
        rejected=states["rejected"],
        unnamed=states[None],
        classes=dict(classes.most_common()),
        version=VERSION,
    )


def auto_out(body: Mapping[str, Any], images: Sequence[wire.ImageOut]) -> wire_labels.AutoLabelOut:
    """A preview in which a lower precision labels more."""

    def count(precision: float) -> int:
        return round(200 * (1 - precision)) if precision < 0.99 else 0

    precision = body.get("precision", 0.95)
    points = [
        wire_labels.AutoPointOut(
            precision=one,
            labelled=count(one),
            in_sets=100 - count(one),
            unknown=10,
            coverage=count(one) / 110,
            held_out_precision=one,
            expected_errors=count(one) * (1 - one),
            expected_errors_interval=(0.0, 1.0 + count(one) * (1 - one)),
            threshold=one,
        )
        for one in [*body.get("curve", []), precision]
    ]
    own = points.pop()
    shown = [
        wire_labels.AutoImageOut(
            id=image.id, image=image, label="azolla", confidence=0.9, novelty=0.1, set=["azolla", "areoligera"]
        )
        for image in images[: body.get("examples", 20)]
    ]
    line = wire_labels.AutoClassOut(label="azolla", validated=3, threshold=0.7, labelled=own.labelled, expected_right=9)
    return wire_labels.AutoLabelOut(
        collection="fossils",
        vector="lite0",
        model="lite0",
        way="both",
        validated=3,
        classes=2,
        images=110,
        held_out_coverage=0.5,
        held_out_interval=(0.9, 1.0),
        novelty_gate=0.4,
        calibration_error=0.02,
        by_class=[line],
        curve=points,
        examples_labelled=shown,
        examples_in_sets=shown[:1],
        examples_unknown=[],
        version=VERSION,
        batch=batch_out(8, source="both", images=own.labelled) if body.get("apply") else None,
        notes=["only 3 validated images"],
        seconds=0.1,
        **own.model_dump(),
    )


def queue_out(body: Mapping[str, Any], images: Sequence[wire.ImageOut]) -> wire_review.QueueOut:
    """The images that no person has named, each less sure than the one before; without those that are left out."""
    by, left_out = body["by"], body.get("without", ())
    waiting = [one for one in images if one.state in (None, "predicted", "rejected") and one.id not in left_out]
    suggestions = [PredictionOut(label="azolla", probability=0.9), PredictionOut(label="areoligera", probability=0.1)]
    items = [
        wire_review.QueueItemOut(
            image=image,
            value=0.25,
            suggestions=[
                one.model_copy(update={"probability": one.probability - 0.1 * place if not n else one.probability})
                for n, one in enumerate(suggestions)
            ],
            by_vector={},
            mate=None,
            note=None,
            actor=None,
        )
        for place, image in enumerate(waiting[: body.get("limit", 50)])
    ]
    return wire_review.QueueOut(
        by=by,
        collection="fossils",
        vector="lite0",
        looked_at=len(waiting),
        items=items,
        notes=[] if items else ["no image waits for a name"],
    )


def grow_out(
    state: wire_growth.GrowthState, images: Sequence[wire.ImageOut], ask: str, **more: Any
) -> wire_growth.GrowOut:
    values: dict[str, Any] = {"candidates": 40, "right": 8, "unseen": 4, "open": 12, "audit": None}
    return wire_growth.GrowOut.model_validate(
        {"state": state.model_dump(), "ask": ask, "images": [image.model_dump() for image in images], **values, **more}
    )


def answer_growth(step: str, body: Mapping[str, Any], images: Sequence[wire.ImageOut]) -> BaseModel:
    """One page, then an audit of two images, then acceptance."""
    if step == "growth":
        started = wire_growth.GrowthState(
            label=body["label"], vector="lite0", made_by="0", examples=body.get("examples") or [images[0].id]
        )
        return grow_out(started, images[:3], "page", right=0, unseen=0, open=40)
    state = wire_growth.GrowthState.model_validate(body["state"])
    if step == "accept":
        return wire_growth.GrownOut(
            batch=batch_out(11, source="bisection"), validated=5, predicted=3, rejected=0, confidence=0.8
        )
    if step == "page":
        state.pages += 1
        state.taken_out += body.get("wrong", [])
        return grow_out(state, [], "audit")
    if step == "audit":
        state.seed = body.get("seed", 0)
        state.sample = [wire_growth.CutBody(lead=0.1, id=image.id) for image in images[:2]]
        return grow_out(state, images[:2], "audit")
    wrong = len(body.get("wrong", []))
    state.sample, state.audited = [], wire_growth.AuditCount(right=2 - wrong, total=2)
    state.shorter = wire_growth.CutBody(lead=0.2, id=images[0].id) if wrong else None
    if step == "shorten":
        state.shorter = None
        return grow_out(state, [], "accept", right=2, unseen=0)
    audit = wire_growth.AuditOut(right=2 - wrong, total=2, low=0.16, high=1.0, enough=not wrong)
    return grow_out(state, [], "accept", audit=audit.model_dump())


def unknowns_out(images: Sequence[wire.ImageOut], *, named: bool) -> wire_review.UnknownsOut:
    groups = [
        wire_review.UnknownGroupOut(
            name=f"Unknown {letter}",
            images=len(members),
            medoid=members[0],
            shown=members,
            nearest="azolla",
            distance=0.3,
            members=[image.id for image in members],
        )
        for letter, members in (("A", list(images[:2])), ("B", list(images[2:4])))
        if members
    ]
    return wire_review.UnknownsOut(
        collection="fossils",
        vector="lite0",
        looked_at=30,
        gate=0.4,
        unknown=6,
        groups=groups,
        apart=[],
        batch=batch_out(12, source="clusters") if named else None,
        notes=[],
    )
