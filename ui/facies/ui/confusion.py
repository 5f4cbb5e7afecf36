"""What is taken for what: cells of a confusion matrix, figures of each class, and the chart of both. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

SET, UNKNOWN = "not sure: a set", "not sure: unknown"
"""Names of the columns for images that get no single label at the precision asked for."""

MOST_WRITTEN: Final = 24
"""Classes up to which the counts are written into the cells."""
_WIDE, _NARROW = 30, 15
"""Width of a cell in pixels, for few classes and for many."""


@dataclass(frozen=True, slots=True)
class Cell:
    """Images of one label that were named alike.

    Attributes:
        label: as a person said.
        named: the label that they got, or `SET` or `UNKNOWN`.
        images: how many.
    """

    label: str
    named: str
    images: int


@dataclass(frozen=True, slots=True)
class ClassFigures:
    """How well one class is named; a share is None where nothing can be said.

    Attributes:
        label: its name.
        images: images of the class.
        named: images that were named so, rightly or not.
        right: images of the class that were named so.
        mistaken_for: the label that its images most often got instead, with their number.
    """

    label: str
    images: int
    named: int
    right: int
    mistaken_for: tuple[str, int] | None

    @property
    def precision(self) -> float | None:
        """Share of the images named so that are of the class."""
        return self.right / self.named if self.named else None

    @property
    def recall(self) -> float | None:
        """Share of the images of the class that were named so."""
        return self.right / self.images if self.images else None

    @property
    def f1(self) -> float | None:
        """The harmonic mean of the two."""
        return 2 * self.right / (self.images + self.named) if self.images + self.named else None


@dataclass(frozen=True, slots=True)
class Figures:
    """How well all are named.

    Attributes:
        images: how many there are.
        named: those that got a single label.
        right: those of them that got the right one.
        classes: in order of label.
    """

    images: int
    named: int
    right: int
    classes: tuple[ClassFigures, ...]

    @property
    def precision(self) -> float | None:
        """Share of right labels among those that were given."""
        return self.right / self.named if self.named else None

    @property
    def coverage(self) -> float:
        """Share of the images that got a single label."""
        return self.named / self.images if self.images else 0.0

    @property
    def macro_f1(self) -> float | None:
        """Mean of the F1 of all classes that occur or are named."""
        values = [one.f1 for one in self.classes if one.f1 is not None]
        return sum(values) / len(values) if values else None


def count_cells(pairs: Iterable[tuple[str, str]]) -> list[Cell]:
    """Count pairs of a label and a name.

    >>> count_cells([("a", "a"), ("a", "b"), ("a", "a")])
    [Cell(label='a', named='a', images=2), Cell(label='a', named='b', images=1)]
    """
    return [Cell(label, named, images) for (label, named), images in sorted(Counter(pairs).items())]


def name_of(first: str, verdict: str | None) -> str:
    """In which column an image stands: that of its most probable label, unless it is not sure enough.

    >>> name_of("azolla", None), name_of("azolla", "label"), name_of("azolla", "unknown")
    ('azolla', 'azolla', 'not sure: unknown')
    """
    return {"set": SET, "unknown": UNKNOWN}.get(verdict or "", first)


def measure(cells: Sequence[Cell]) -> Figures:
    """Compute what a confusion matrix comes to."""
    images, named, right = Counter[str](), Counter[str](), Counter[str]()
    wrong: dict[str, Counter[str]] = defaultdict(Counter)
    for cell in cells:
        images[cell.label] += cell.images
        if cell.named in (SET, UNKNOWN):
            continue
        named[cell.named] += cell.images
        if cell.named == cell.label:
            right[cell.label] += cell.images
        else:
            wrong[cell.label][cell.named] += cell.images
    classes = tuple(
        ClassFigures(label, images[label], named[label], right[label], _first(wrong.get(label)))
        for label in sorted(images.keys() | named.keys())
    )
    return Figures(images.total(), named.total(), right.total(), classes)


def class_rows(figures: Figures) -> list[dict[str, Any]]:
    """The figures of each class as rows of a table."""
    return [
        {
            "label": one.label,
            "images": one.images,
            "precision": one.precision,
            "recall": one.recall,
            "F1": one.f1,
            "most often taken for": ""
            if one.mistaken_for is None
            else f"{one.mistaken_for[0]} ({one.mistaken_for[1]})",
        }
        for one in figures.classes
    ]


def to_spec(cells: Sequence[Cell], *, night: bool = False) -> dict[str, Any]:
    """The chart in the words of Vega-Lite; a cell can be chosen, as ``cell``.

    Rows are labels, columns are names, in the same order; colour is the share of the row.

    Args:
        cells: of the matrix.
        night: whether it is shown on a dark ground.
    """
    rows = Counter[str]()
    for cell in cells:
        rows[cell.label] += cell.images
    classes = sorted(rows.keys() | {cell.named for cell in cells} - {SET, UNKNOWN})
    columns = classes + [one for one in (SET, UNKNOWN) if any(cell.named == one for cell in cells)]
    values = [
        {
            "label": cell.label,
            "named": cell.named,
            "images": cell.images,
            "share": cell.images / rows[cell.label],
            "of": f"{cell.images} of {rows[cell.label]}",
        }
        for cell in cells
    ]
    is_small = len(columns) <= MOST_WRITTEN
    step = _WIDE if is_small else _NARROW
    layers: list[dict[str, Any]] = [
        {
            "mark": {"type": "rect", "cursor": "pointer"},
            "params": [{"name": "cell", "select": {"type": "point", "fields": ["label", "named"]}}],
            "encoding": {
                "color": {
                    "field": "share",
                    "type": "quantitative",
                    "scale": {"domain": [0, 1], "range": ["#22403f", "#55bdb2"] if night else ["#d5e7e2", "#0f6b6b"]},
                    "legend": None,
                },
                "opacity": {"condition": {"param": "cell", "value": 1}, "value": 0.35},
                "tooltip": [
                    {"field": "label", "title": "label"},
                    {"field": "named", "title": "named"},
                    {"field": "of", "title": "images"},
                    {"field": "share", "title": "share of the label", "format": ".0%"},
                ],
            },
        }
    ]
    if is_small:
        full, faint = ("#10201f", "#e6efed") if night else ("white", "#14302f")
        strong = {"test": "datum.share > 0.5", "value": full}
        text = {"field": "images", "type": "quantitative"}
        layers.append(
            {
                "mark": {"type": "text", "fontSize": 11, "tooltip": None},
                "encoding": {"text": text, "color": {"condition": strong, "value": faint}},
            }
        )
    size = {"step": step}
    return {
        "data": {"values": values},
        "width": size,
        "height": size,
        "encoding": {
            "x": _axis("named", columns, "named", angle=-50, is_small=is_small),
            "y": _axis("label", classes, "label", angle=0, is_small=is_small),
        },
        "layer": layers,
        "config": {"view": {"stroke": None}},
    }


def chosen_cell(event: Any) -> tuple[str, str] | None:
    """The label and the name of the cell in the answer of the chart; None where none was chosen.

    >>> chosen_cell({"selection": {"cell": [{"label": "a", "named": "b"}]}})
    ('a', 'b')
    >>> chosen_cell({"selection": {}}) is None
    True
    """
    chosen: Sequence[Mapping[str, str]] = event["selection"].get("cell") or []
    return (chosen[0]["label"], chosen[0]["named"]) if chosen else None


def _axis(field: str, domain: Sequence[str], title: str, *, angle: int, is_small: bool) -> dict[str, Any]:
    return {
        "field": field,
        "type": "nominal",
        "title": title,
        "scale": {"domain": list(domain), "paddingInner": 0.04},
        "axis": {
            "labelAngle": angle,
            "labelFontSize": 12 if is_small else 10,
            "labelOverlap": False,
            "labelLimit": 180,
            "grid": False,
            "ticks": False,
            "domain": False,
        },
    }


def _first(wrong: Counter[str] | None) -> tuple[str, int] | None:
    if not wrong:
        return None
    return min(wrong.items(), key=lambda one: (-one[1], one[0]))
