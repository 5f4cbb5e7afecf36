"""Reports of segmentation as tables for a person at a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

if TYPE_CHECKING:
    from facies.indexer.segmentation.scores import Scores
    from facies.indexer.segmentation.suggestions import Suggestion


def print_training(report: Mapping[str, Any], out: Path, console: Console) -> None:
    """Which classes were learnt from how many pixels, and what held-out strokes say."""
    scores = report.get("grouped_cv_per_class", {})
    held_out = report.get("grouped_cv_of", "strokes")
    table = Table("id", "class", "labelled pixels", *([f"F1 of held-out {held_out}"] if scores else []))
    for one in report["classes"]:
        found = scores.get(str(one["id"]))
        cells = [str(one["id"]), escape(one["name"]), f"{one['labelled_pixels']:,}"]
        table.add_row(*cells, *([_number(found and found["f1"])] if scores else []))
    console.print(table)
    if "poster_f1" in report:
        _say(
            console,
            f"macro F1 of {held_out} held out whole: {_number(report['grouped_cv_f1'])}; {report['grouped_cv_note']}",
        )
        if report["unscored_classes"]:
            single = ", ".join(map(str, report["unscored_classes"]))
            _say(console, f"without a score, for want of a second {held_out[:-1]}: class {single}")
        _say(console, f"poster protocol: {_number(report['poster_f1'])}; {report['poster_note'].partition(': ')[2]}")
    for note in report["notes"]:
        _say(console, note)
    _say(console, f"{out}: {report['kind']} on {report['card']}, {_spending(report)}")


def print_core(report: Mapping[str, Any], out: Path, console: Console) -> None:
    """Each section with its depths, rock and leading classes, then what failed and what to look at."""
    table = Table("section", "top m", "base m", "rock", "leading classes", "drift")
    for one in report["sections"]:
        leading = sorted(one["fractions"].items(), key=lambda item: -item[1])[:3]
        table.add_row(
            escape(one["image"]),
            _number(one["top_m"]),
            _number(one["base_m"]),
            f"{one['rock_share']:.0%}",
            ", ".join(f"{escape(name)} {share:.0%}" for name, share in leading if share > 0),
            "[yellow]yes[/]" if one["drift"]["is_drifting"] else "no",
        )
    console.print(table)
    for one in report["sections"]:
        if one["drift"]["is_drifting"]:
            _say(console, f"{one['image']}: {one['drift']['sentence']}")
    for one in report["failed"]:
        console.print(f"[red]not read[/] {escape(one['image'])}: {escape(one['reason'])}", soft_wrap=True)
    for note in report["notes"]:
        _say(console, note)
    if report["sections_kept"]:
        kept, every = report["sections_kept"], len(report["sections"])
        _say(console, f"{kept} of {every} sections {'was' if kept == 1 else 'were'} done before and not named again")
    _say(console, f"in {out}: {', '.join(report['files'])}, report.json, and masks beside; {_spending(report)}")


def print_scores(scores: Scores, console: Console) -> None:
    """Each class, then the means under names that say over what they are taken."""
    table = Table("class", "F1 = DICE", "Jaccard", "precision", "recall", "pixels in truth", "in mask")
    for number, one in scores.per_class.items():
        numbers = [_number(value) for value in (one.f1, one.jaccard, one.precision, one.recall)]
        table.add_row(str(number), *numbers, f"{one.truth_pixels:,}", f"{one.mask_pixels:,}")
    console.print(table)
    _say(console, f"macro F1 of all classes: {_number(scores.macro_f1)}")
    if scores.background is None:
        _say(
            console, f"share of right pixels: {_number(scores.micro_dice_with_background)} (every class is foreground)"
        )
        return
    _say(
        console,
        f"foreground (all but class {scores.background}): micro DICE {_number(scores.micro_dice)}, micro Jaccard "
        f"{_number(scores.micro_jaccard)}, macro F1 {_number(scores.foreground_macro_f1)}",
    )
    _say(console, f"share of right pixels, background and all: {_number(scores.micro_dice_with_background)}")


def print_suggestions(found: Sequence[Suggestion], console: Console) -> None:
    """Where to draw, the most urgent first."""
    if not found:
        _say(console, "no place is left that would be worth a stroke")
        return
    for number, one in enumerate(found, start=1):
        _say(console, f"{number}. {one.reason}")


def _say(console: Console, text: str) -> None:
    console.print(text, markup=False, highlight=False, soft_wrap=True)


def _spending(report: Mapping[str, Any]) -> str:
    grown = report["peak_growth_mb"]
    memory = "" if grown is None else f", memory grew by {grown:,.0f} MB"
    return f"{report['cpu_s']:.1f} s of CPU{memory}"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
