from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from facies.api.review_tables import name_image, print_plate, print_queue, print_unknowns
from facies.core.wire import ImageOut
from facies.core.wire_classify import PredictionOut
from facies.core.wire_review import ExemplarOut, PlateOut, QueueItemOut, QueueOut, UnknownGroupOut, UnknownsOut

ID = "0b9a1a4e-5f43-5c5e-9d5e-2a0f3f6c1d2e"


def image(path: str = "/slides/[7]/grain.png", page: int | None = None, label: str | None = "[a]") -> ImageOut:
    state = None if label is None else "validated"
    made: dict[str, Any] = {"id": ID, "label": label, "state": state, "path": path, "page": page}
    more: dict[str, Any] = {"width": 1, "height": 1, "format": "PNG", "scaling": "uint8", "sha256": "0", "metadata": {}}
    return ImageOut(**made, **more, original="/o", thumbnail="/t")


def printed(print_it: Any, found: object) -> str:
    out = io.StringIO()
    print_it(found, Console(file=out, width=180))
    return out.getvalue()


@pytest.mark.parametrize(
    ("path", "page", "shown"),
    [
        ("/slides/[7]/grain.png", None, "[7]/grain.png"),
        ("/slides/a/b.tif", 2, "a/b.tif, page 3"),
        ("/slides/a.zip::b/c.png", None, "slides/a.zip"),
        ("s3://bucket/a/b.png", None, "a/b.png"),
    ],
)
def test_an_image_is_known_by_its_file(path: str, page: int | None, shown: str) -> None:
    name = name_image(image(path, page))
    assert name.plain == shown
    assert bool(name.style) == (path.startswith("/") and "::" not in path)


def test_a_queue_says_why() -> None:
    nothing: dict[str, Any] = {"suggestions": [], "by_vector": {}, "mate": None, "note": None, "actor": None}
    items = [
        QueueItemOut(
            image=image(label=None),
            value=0.5,
            **{**nothing, "suggestions": [PredictionOut(label="x", probability=0.5)]},
        ),
        QueueItemOut(image=image(), value=0.4, **{**nothing, "by_vector": {"one": "a", "two": "b"}}),
        QueueItemOut(image=image(), value=0.99, **{**nothing, "mate": image("/m/n.png")}),
    ]
    said = printed(
        print_queue,
        QueueOut(by="uncertain", collection="g", vector="v", looked_at=1_234, items=items, notes=["left out"]),
    )
    for words in ("uncertain: 3 of 1,234 images", "x 0.50", "one: a, two: b", "like m/n.png, [a] (validated)", "doubt"):
        assert words in said
    assert "note: left out" in said


def test_a_plate_and_groups_are_told() -> None:
    one = ExemplarOut(image=image(), other="b", margin=-0.25, nearest=ID, similarity=0.9)
    plate = PlateOut(
        label="[a]",
        collection="g",
        vector="v",
        images=9,
        medoid=one,
        typical=[],
        boundary=[one],
        confusable=[one],
        notes=[],
    )
    said = printed(print_plate, plate)
    for words in ("[a]: 9 validated images", "-0.25 ahead of b", "cosine 0.900 to the nearest"):
        assert words in said
    group = UnknownGroupOut(
        name="Unknown A", images=12, medoid=image(), shown=[], nearest="[b]", distance=0.5, members=[ID]
    )
    found = UnknownsOut(
        collection="g", vector="v", looked_at=40, gate=0.3, unknown=20, groups=[group], apart=[ID], notes=["seen few"]
    )
    said = printed(print_unknowns, found)
    for words in (
        "20 of 40 images",
        "beyond a novelty of 0.300",
        "Unknown A",
        "[b]",
        "1 belong to no group",
        "seen few",
    ):
        assert words in said
