"""What the service answers in tests of the interface: a few images, their collection, its maps and drawings."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal

from facies.core import (
    wire,
    wire_drawings,
    wire_maps,
    wire_taxonomy,
)
from facies.core.maps import MapFacts, MapRecord
from facies.core.taxonomy import Taxon

LABELS = {"areoligera": 3, "azolla": 2}
VECTOR = wire.VectorOut(
    name="lite0", dim=4, fingerprint={"card": "lite0", "precision": "f32"}, digest="0123456789abcdef"
)


def id_of(place: int) -> str:
    """An id as the service writes it, by position."""
    return f"00000000-0000-5000-8000-{place:012d}"


def image_out(place: int, label: str | None = "azolla", **more: Any) -> wire.ImageOut:
    base = f"/v1/collections/fossils/images/{id_of(place)}"
    values = {
        "id": id_of(place),
        "label": label,
        "state": "validated" if label else None,
        "path": f"/data/{label}/grain-{place}.jpg",
        "width": 300,
        "height": 200,
        "format": "JPEG",
        "scaling": "uint8",
        "page": None,
        "sha256": f"{place:064d}",
        "metadata": {"well": "6407/6-5", "depth_m": 1200.5},
        "original": f"{base}/original",
        "thumbnail": f"{base}/thumbnail",
    }
    return wire.ImageOut.model_validate(values | more)


def collection_out(name: str = "fossils", images: int = 5, **more: Any) -> wire.CollectionOut:
    values: dict[str, Any] = {
        "name": name,
        "preset": "microfossils",
        "created_at": datetime(2026, 3, 4, tzinfo=UTC),
        "images": images,
        "labelled": images,
        "labels": LABELS if images else {},
        "revision": "3-5",
        "fields": {"well": "keyword", "depth_m": "float", "slide": "integer"} if images else {},
        "vectors": [VECTOR],
    }
    return wire.CollectionOut.model_validate(values | more)


def map_out(number: int = 3, method: Literal["umap", "pca"] = "umap", *, current: bool = True) -> wire_maps.MapOut:
    facts = MapFacts("lite0", "0123456789abcdef", method, 4, trustworthiness=0.93, parameters={"seed": 0})
    record = MapRecord(number, "fossils", facts, 5, 1, datetime(2026, 3, 4, tzinfo=UTC))
    return wire_maps.MapOut.of(record, current=current)


def legend_out(by: str = "label", rank: str | None = None, revision: str = "1-5") -> wire_maps.LegendOut:
    entries = [("azolla", 2), (None, 2), ("areoligera", 1)]
    return wire_maps.LegendOut(
        by=by,
        rank=rank,
        kind="category",
        type="u1",
        points=5,
        gone=0,
        gone_code=255,
        entries=[wire_maps.LegendEntry(code=n, value=value, count=count) for n, (value, count) in enumerate(entries)],
        low=None,
        high=None,
        revision=revision,
        column=f"/v1/collections/fossils/maps/3/column?by={by}&revision={revision}",
    )


def picture_out(number: str = "p1", **more: Any) -> wire_drawings.PictureOut:
    path = f"/v1/drawings/0123456789ab/pictures/{number}"
    values: dict[str, Any] = {
        "id": number,
        "name": f"{number}.png",
        "width": 300,
        "height": 900,
        "sha256": f"{number}-sha",
        "revision": 3,
        "strokes": 4,
        "by_class": {0: 3, 1: 1},
        "path": path,
        "tiles": {"path": f"{path}/tiles", "size": 512, "levels": 2},
    }
    return wire_drawings.PictureOut.model_validate(values | more)


def drawing_out(**more: Any) -> wire_drawings.DrawingOut:
    values: dict[str, Any] = {
        "id": "0123456789ab",
        "title": "Well A-1",
        "task": "core",
        "classes": [
            {"id": 0, "name": "sand", "colour": "#e6413e"},
            {"id": 1, "name": "shale", "colour": "#1429fb"},
        ],
        "pictures": [picture_out()],
        "runs": [],
        "created_at": datetime(2026, 3, 4, tzinfo=UTC),
        "changed_at": datetime(2026, 3, 4, tzinfo=UTC),
        "path": "/v1/drawings/0123456789ab",
    }
    return wire_drawings.DrawingOut.model_validate(values | more)


def taxonomy_out(name: str) -> wire_taxonomy.TaxonomyOut:
    taxa = (Taxon("Dinophyceae", "class"), Taxon("azolla", "genus", "Dinophyceae"))
    told = [wire_taxonomy.TaxonOut.of(taxon) for taxon in taxa]
    return wire_taxonomy.TaxonomyOut(name=name, title="", source="a test", licence="", taxa=told)


def summary_out(name: str, *, builtin: bool = False) -> wire_taxonomy.TaxonomySummaryOut:
    imported_at = None if builtin else datetime(2026, 3, 4, tzinfo=UTC)
    return wire_taxonomy.TaxonomySummaryOut(
        name=name,
        title="what is drawn",
        taxa=2,
        source="a test",
        licence="CC0",
        imported_at=imported_at,
        collections=[],
    )


def checked_out(collection: str) -> wire_taxonomy.CheckedLabelsOut:
    near = [wire_taxonomy.SuggestionOut(name="azolla", distance=1, spelling="azolla")]
    labels = [
        ("azolla", 5, "name", "azolla", []),
        ("AZO", 2, "code", "azolla", []),
        ("azola", 2, "misspelling", None, near),
    ]
    return wire_taxonomy.CheckedLabelsOut(
        collection=collection,
        taxonomy="drawn",
        labels=[
            wire_taxonomy.LabelMatchOut.model_validate(
                {"label": label, "images": images, "kind": kind, "name": name, "suggestions": suggestions}
            )
            for label, images, kind, name, suggestions in labels
        ],
    )
