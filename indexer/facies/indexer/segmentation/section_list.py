"""Lists of sections, and of intervals of depth, in files: CSV or JSON as a person or another program writes them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from facies.core.errors import DepthError, SourceError
from facies.indexer.exchange.labels.text_tables import explain_length, open_text, read_cells, read_header
from facies.indexer.originals import explain
from facies.indexer.segmentation.depth import MAX_DEPTH_M, Section

MAX_BYTES: Final = 16 * 2**20
MAX_ROWS: Final = 100_000
_MOST_FAULTS: Final = 10
_SECTION_COLUMNS: Final = ("image", "top_m", "base_m", "mm_per_px")
_INTERVAL_COLUMNS: Final = ("top_m", "base_m", "name")

Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class NamedInterval:
    """A stretch of depth that somebody asks about.

    Attributes:
        top_m: its upper end.
        base_m: its lower end.
        name: empty where it has none.
    """

    top_m: float
    base_m: float
    name: str = ""

    def __post_init__(self) -> None:
        """Check the depths.

        Raises:
            DepthError: a base that is not below the top, or no depth.
        """
        if not -MAX_DEPTH_M <= self.top_m < self.base_m <= MAX_DEPTH_M:
            raise DepthError(
                f"the interval {self.name!r} goes from {self.top_m:g} to {self.base_m:g} m, expected a base below the "
                f"top, both within {MAX_DEPTH_M:,.0f} m"
            )


def read_sections(path: Path) -> tuple[Section, ...]:
    """Read a list of sections.

    CSV with the columns ``image,top_m,base_m`` or ``image,top_m,mm_per_px`` (or all four, one of the last two empty in
    each row), or JSON with a list of objects of these keys. Images are named relative to the file.

    Args:
        path: ends in ``.csv`` or ``.json``.

    Raises:
        SourceError: the file cannot be read.
        DepthError: it holds no sections, or some of them make no sense: up to ten are named.
    """
    sections = _read(path, _SECTION_COLUMNS, lambda row: _to_section(row, path.parent))
    images = [section.image for section in sections]
    twice = sorted({image.name for image in images if images.count(image) > 1})
    if twice:
        raise DepthError(
            f"{path.name} names {', '.join(twice[:_MOST_FAULTS])} more than once; a photograph has one depth"
        )
    return sections


def read_named_intervals(path: Path) -> tuple[NamedInterval, ...]:
    """Read intervals of depth in their order; they may overlap.

    Args:
        path: CSV with the columns ``top_m,base_m`` and, if wanted, ``name``; or JSON, a list of such objects.

    Raises:
        SourceError: the file cannot be read.
        DepthError: it holds no intervals, or some make no sense: up to ten are named.
    """
    return _read(path, _INTERVAL_COLUMNS, _to_interval)


def _read(path: Path, known: tuple[str, ...], make: Callable[[Mapping[str, str]], Made]) -> tuple[Made, ...]:
    if path.suffix.lower() not in {".csv", ".json"}:
        raise SourceError(
            f"{path.name} is neither a .csv nor a .json file; write the columns {', '.join(known)} to one"
        )
    made: list[Made] = []
    faults: list[str] = []
    for where, row in _rows(path, known):
        if len(made) + len(faults) == MAX_ROWS:
            raise DepthError(f"{path.name} has more than {MAX_ROWS:,} rows; it is no list for one core")
        try:
            made.append(make(row))
        except ValueError as error:
            faults.append(f"{where}: {error}")
        except DepthError as error:
            faults.append(f"{where}: {error.message}")
    if faults:
        more = f"\n  and {len(faults) - _MOST_FAULTS} more" if len(faults) > _MOST_FAULTS else ""
        lines = "".join(f"\n  {fault}" for fault in faults[:_MOST_FAULTS])
        raise DepthError(f"{path.name} cannot be used:{lines}{more}")
    if not made:
        raise DepthError(f"{path.name} is empty, expected rows with {', '.join(known)}")
    return tuple(made)


def _rows(path: Path, known: tuple[str, ...]) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Each row with its place in the file; cells that are empty are absent."""
    try:
        size = path.stat().st_size
    except OSError as error:
        raise SourceError(f"cannot read {path}: {explain(error)}") from error
    if size > MAX_BYTES:
        raise SourceError(f"{path.name} has {size:,} bytes, expected a list of at most {MAX_BYTES:,}")
    yield from (_json_rows if path.suffix.lower() == ".json" else _csv_rows)(path, known)


def _csv_rows(path: Path, known: tuple[str, ...]) -> Iterator[tuple[str, Mapping[str, str]]]:
    with open_text(path) as text:
        rows = read_cells(text, path.name)
        names = read_header(rows, path.name)
        _check_names(names, known, path.name)
        for row in rows:
            reason = explain_length(row.cells, names)
            if reason is not None:
                raise DepthError(f"line {row.line} of {path.name}: {reason}")
            cells = [cell.strip() for cell in row.cells]
            yield f"line {row.line}", {name: cell for name, cell in zip(names, cells, strict=True) if cell}


def _json_rows(path: Path, known: tuple[str, ...]) -> Iterator[tuple[str, Mapping[str, str]]]:
    try:
        held: Any = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise SourceError(f"cannot read {path}: {explain(error)}") from error
    except (ValueError, RecursionError) as error:
        raise SourceError(f"{path.name} is not JSON: {error}") from error
    if not isinstance(held, list):
        raise SourceError(f"{path.name} holds no list, expected one of objects with the keys {', '.join(known)}")
    for number, row in enumerate(held, start=1):
        if not isinstance(row, dict):
            raise SourceError(f"entry {number} of {path.name} is no object with the keys {', '.join(known)}")
        _check_names(list(row), known, f"entry {number} of {path.name}")
        yield f"entry {number}", {name: _to_text(value) for name, value in row.items() if value not in (None, "")}


def _to_text(value: object) -> str:
    return value.strip() if isinstance(value, str) else repr(value)


def _check_names(names: list[str], known: tuple[str, ...], where: str) -> None:
    foreign = [name for name in names if name not in known]
    lacking = [name for name in known[:2] if name not in names]
    if foreign or lacking:
        said = [f"lacks {', '.join(lacking)}"] if lacking else []
        said += [f"has {', '.join(map(repr, foreign[:5]))}, which is not known"] if foreign else []
        raise SourceError(f"{where} {' and '.join(said)}; the columns are {', '.join(known)}")


def _to_section(row: Mapping[str, str], folder: Path) -> Section:
    if "image" not in row:
        raise ValueError("no image is named")
    return Section(
        image=folder / row["image"],
        top_m=_number(row, "top_m"),
        base_m=_number(row, "base_m") if "base_m" in row else None,
        mm_per_px=_number(row, "mm_per_px") if "mm_per_px" in row else None,
    )


def _to_interval(row: Mapping[str, str]) -> NamedInterval:
    return NamedInterval(_number(row, "top_m"), _number(row, "base_m"), row.get("name", ""))


def _number(row: Mapping[str, str], name: str) -> float:
    if name not in row:
        raise ValueError(f"no {name} is given")
    try:
        return float(row[name])
    except ValueError as error:
        raise ValueError(f"{name} is {row[name]!r}, expected a number such as 1203.25") from error
