"""Reports about macerals as tables for a person at a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.markup import escape
from rich.table import Table

from facies.indexer.segmentation.remarks import say, say_findings, shown

if TYPE_CHECKING:
    from rich.console import Console


def print_maceral_scores(report: Mapping[str, Any], console: Console) -> None:
    """Scores of each class and of each image that was left out, then the pooled ones under their names."""
    names = {str(one["id"]): one["name"] for one in report["classes"]}
    table = Table("class", "F1 = DICE", "Jaccard", "precision", "recall", "pixels in truth", "in mask")
    for number, one in report["per_class"].items():
        figures = [shown(one[key]) for key in ("f1", "jaccard", "precision", "recall")]
        name = f"{number} {names[number]}" + (" (background)" if int(number) == report["background"] else "")
        table.add_row(escape(name), *figures, f"{one['truth_pixels']:,}", f"{one['mask_pixels']:,}")
    console.print(table)
    images = Table("image", "foreground micro DICE", "micro Jaccard", "macro F1 of all classes", "pixels")
    for one in report["per_image"]:
        figures = [shown(one[key]) for key in ("micro_dice", "micro_jaccard", "macro_f1")]
        images.add_row(escape(one["image"]), *figures, f"{one['pixels']:,}")
    console.print(images)
    say(console, report["protocol"])
    say(
        console,
        f"foreground (all but class {report['background']}), pooled over {report['images']} images: micro DICE "
        f"{shown(report['micro_dice'])}, micro Jaccard {shown(report['micro_jaccard'])}, macro F1 "
        f"{shown(report['foreground_macro_f1'])}",
    )
    say(
        console,
        f"with the background: macro F1 {shown(report['macro_f1'])}, share of right pixels "
        f"{shown(report['micro_dice_with_background'])}",
    )
    within = report.get("within_image_leaks")
    if within is not None:
        say(console, f"{within['note']}: micro DICE {shown(within['micro_dice'])}")
    for note in report["notes"]:
        say(console, note)
    say(
        console,
        f"{report['kind']} on {report['card']}, views {report['views']}, smoothed by "
        f"{report['smoothing_px']:g} px, {report['cpu_s']:.1f} s of CPU",
    )


def print_macerals(report: Mapping[str, Any], out: Path, console: Console) -> None:
    """Areas, counts and shares of each class, then what failed and what to look at."""
    unit = "um2" if report["um_per_px"] is not None else "px"
    table = Table("class", "regions", f"area {unit}", "% of foreground", "% of image")
    for one in report["macerals"]:
        name = f"{one['class']} {one['name']}"
        regions = "-" if one["regions"] is None else f"{one['regions']:,}"
        shares = [shown(one[key]) for key in ("percent_of_foreground", "percent_of_image")]
        table.add_row(escape(name), regions, f"{one[f'area_{unit}']:,.6g}", *shares)
    console.print(table)
    say_findings(report, "images", console)
    say(console, f"in {out}: {', '.join(report['files'])}, report.json, and masks of {len(report['images'])} images")


def print_network_training(report: Mapping[str, Any], out: Path, console: Console) -> None:
    """The epochs, which of them was kept, and by the score of which images."""
    table = Table("epoch", "loss", "foreground micro DICE of held-out images")
    for one in report["epochs"]:
        kept = " (kept)" if one["number"] == report["kept_epoch"] else ""
        table.add_row(f"{one['number']}{kept}", shown(one["loss"]), shown(one["held_out_micro_dice"]))
    console.print(table)
    say(console, f"held out: {', '.join(report['held_out'])}; {report['held_out_note']}")
    for note in report["notes"]:
        say(console, note)
    encoder = report["encoder"] if report["encoder_sha256"] else f"{report['encoder']} from scratch"
    say(console, f"{out}: {report['network']} on {encoder}, {report['cpu_s']:.1f} s of CPU on {report['device']}")
