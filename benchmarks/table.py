"""The figures of a run: collected as rows, written as one CSV file, shown as one table."""

from __future__ import annotations

import csv
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.machine import describe_machine, load_average

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True, slots=True)
class Row:
    """One figure: which room measured it, for which case, what it is, and its unit (empty for shares and ratios)."""

    room: str
    case: str
    quantity: str
    value: float
    unit: str = ""


@dataclass
class Table:
    """The rows of one run."""

    machine: Mapping[str, str] = field(default_factory=describe_machine)
    load_before: str = field(default_factory=load_average)
    rows: list[Row] = field(default_factory=list)
    started: datetime = field(default_factory=lambda: datetime.now(UTC))

    def add(self, room: str, case: str, quantity: str, value: float, unit: str = "") -> float:
        """Note a figure, tell it on stderr, and give it back."""
        self.rows.append(Row(room, case, quantity, value, unit))
        say(f"{room}  {case}  {quantity}  {shown(value)} {unit}".rstrip())
        return value

    def value(self, room: str, case: str, quantity: str) -> float | None:
        """A figure that was noted; None where it was not measured."""
        for row in self.rows:
            if (row.room, row.case, row.quantity) == (room, case, quantity):
                return row.value
        return None

    def write(self, folder: Path = RESULTS) -> Path:
        """Write the rows, each with the machine, into a file named by the time and the commit."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{self.started:%Y%m%dT%H%M%SZ}-{self.machine['commit']}.csv"
        about = {
            "started": self.started.isoformat(timespec="seconds"),
            **self.machine,
            "load_before": self.load_before,
            "load_after": load_average(),
        }
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["room", "case", "quantity", "value", "unit", *about])
            for row in self.rows:
                writer.writerow([row.room, row.case, row.quantity, shown(row.value), row.unit, *about.values()])
        return path

    def text(self) -> str:
        """The table for people, in the order of measuring."""
        cells = [[row.room, row.case, row.quantity, shown(row.value), row.unit] for row in self.rows]
        widths = [max((len(line[i]) for line in cells), default=0) for i in range(5)]
        lines = [
            "  ".join(
                cell.rjust(w) if i == 3 else cell.ljust(w) for i, (cell, w) in enumerate(zip(c, widths, strict=True))
            )
            for c in cells
        ]
        about = ", ".join(f"{name} {value}" for name, value in self.machine.items())
        return "\n".join(
            [*(line.rstrip() for line in lines), about, f"load {self.load_before} before, {load_average()} now"]
        )


def shown(value: float) -> str:
    """A figure with four digits that matter.

    Example:
        >>> shown(0.99617), shown(12.34567), shown(500000.0), shown(0.0)
        ('0.9962', '12.35', '500000', '0')
    """
    if value == int(value) or abs(value) >= 10_000:
        return f"{value:.0f}"
    return f"{value:.4g}"


def say(text: str) -> None:
    """Tell what is going on, on stderr: stdout belongs to the result."""
    print(text, file=sys.stderr, flush=True)
