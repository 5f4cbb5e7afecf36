"""Reports of segmentation as tables for a person at a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from facies.indexer.segmentation.remarks import say, say_findings, shown

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
        table.add_row(*cells, *([shown(found and found["f1"])] if scores else []))
    console.print(table)
    if "poster_f1" in report:
        say(
            console,
            f"macro F1 of {held_out} held out whole: {shown(report['grouped_cv_f1'])}; {report['grouped_cv_note']}",
        )
        if report["unscored_classes"]:
            single = ", ".join(map(str, report["unscored_classes"]))
            say(console, f"without a score, for want of a second {held_out[:-1]}: class {single}")
        say(console, f"poster protocol: {shown(report['poster_f1'])}; {report['poster_note'].partition(': ')[2]}")
    if "dense_macro_f1" in report:
        say(console, f"dense macro F1: {shown(report['dense_macro_f1'])}; {report['dense_note']}")
    for note in report["notes"]:
        say(console, note)
    say(console, f"{out}: {report['kind']} on {report['card']}, {_spending(report)}")


def print_core(report: Mapping[str, Any], out: Path, console: Console) -> None:
    """Each section with its depths, rock and leading classes, then what failed and what to look at."""
    table = Table("section", "top m", "base m", "rock", "leading classes", "drift")
    for one in report["sections"]:
        leading = sorted(one["fractions"].items(), key=lambda item: -item[1])[:3]
        table.add_row(
            escape(one["image"]),
            shown(one["top_m"]),
            shown(one["base_m"]),
            f"{one['rock_share']:.0%}",
            ", ".join(f"{escape(name)} {share:.0%}" for name, share in leading if share > 0),
            "[yellow]yes[/]" if one["drift"]["is_drifting"] else "no",
        )
    console.print(table)
    say_findings(report, "sections", console)
    say(console, f"in {out}: {', '.join(report['files'])}, report.json, and masks beside; {_spending(report)}")


def print_scores(scores: Scores, console: Console) -> None:
    """Each class, then the means under names that say over what they are taken."""
    table = Table("class", "F1 = DICE", "Jaccard", "precision", "recall", "pixels in truth", "in mask")
    for number, one in scores.per_class.items():
        numbers = [shown(value) for value in (one.f1, one.jaccard, one.precision, one.recall)]
        table.add_row(str(number), *numbers, f"{one.truth_pixels:,}", f"{one.mask_pixels:,}")
    console.print(table)
    say(console, f"macro F1 of all classes: {shown(scores.macro_f1)}")
    if scores.background is None:
        say(
            console,
            f"share of right pixels: {shown(scores.micro_dice_with_background)} (every class is foreground)",
        )
        return
    say(
        console,
        f"foreground (all but class {scores.background}): micro DICE {shown(scores.micro_dice)}, micro Jaccard "
        f"{shown(scores.micro_jaccard)}, macro F1 {shown(scores.foreground_macro_f1)}",
    )
    say(console, f"share of right pixels, background and all: {shown(scores.micro_dice_with_background)}")


def print_suggestions(found: Sequence[Suggestion], console: Console) -> None:
    """Where to draw, the most urgent first."""
    if not found:
        say(console, "no place is left that would be worth a stroke")
        return
    for number, one in enumerate(found, start=1):
        say(console, f"{number}. {one.reason}")


def _spending(report: Mapping[str, Any]) -> str:
    grown = report["peak_growth_mb"]
    memory = "" if grown is None else f", memory grew by {grown:,.0f} MB"
    return f"{report['cpu_s']:.1f} s of CPU{memory}"
