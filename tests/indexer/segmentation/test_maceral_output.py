"""Reports about macerals as a person reads them."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from rich.console import Console

from facies.indexer.segmentation.maceral_output import print_maceral_scores, print_macerals, print_network_training


def _console() -> tuple[Console, io.StringIO]:
    written = io.StringIO()
    return Console(file=written, width=220), written


def _macerals(**more: Any) -> dict[str, Any]:
    rows = [
        {"class": 0, "name": "resin [old]", "regions": None, "area_px": 900, "percent_of_image": 90.0},
        {"class": 2, "name": "vitrinite", "regions": 3, "area_px": 100, "percent_of_image": 10.0},
    ]
    totals = [{**row, "percent_of_foreground": None if row["class"] == 0 else 100.0} for row in rows]
    drift = {"is_drifting": True, "sentence": "unlike those of training"}
    base = {"um_per_px": None, "macerals": totals, "images": [{"image": "a.png", "drift": drift}], "images_kept": 0}
    return {**base, "failed": [], "notes": [], "files": ["macerals.csv"], **more}


def test_areas_have_their_unit_and_the_background_has_no_regions() -> None:
    said, written = _console()
    print_macerals(_macerals(), Path("out"), said)
    shown = written.getvalue()
    assert "resin [old]" in shown
    assert "area px" in shown
    assert "a.png: unlike those of training" in shown
    scaled = _macerals(um_per_px=0.5)
    scaled["macerals"] = [{**one, "area_um2": one["area_px"] / 4} for one in scaled["macerals"]]
    said, written = _console()
    print_macerals(scaled, Path("out"), said)
    assert "area um2" in written.getvalue()
    assert "225" in written.getvalue()


def test_images_that_failed_or_were_done_before_are_told_of() -> None:
    said, written = _console()
    failed = [{"image": "b[1].png", "reason": "it is cut off"}]
    print_macerals(_macerals(failed=failed, images_kept=1), Path("out"), said)
    assert "b[1].png: it is cut off" in written.getvalue()
    assert "1 of 1 images was done before" in written.getvalue()


def test_scores_stand_under_names_that_cannot_be_confused() -> None:
    figures = {"f1": 0.5, "jaccard": 0.25, "precision": None, "recall": 0.75, "truth_pixels": 10, "mask_pixels": 20}
    image = {"image": "a.png", "micro_dice": 0.61, "micro_jaccard": 0.41, "macro_f1": 0.3, "pixels": 30}
    report = {
        "classes": [{"id": 1, "name": "resin"}, {"id": 2, "name": "vitrinite"}],
        "per_class": {"1": figures, "2": figures},
        "background": 1,
        "per_image": [image],
        "images": 1,
        "protocol": "leave-one-image-out: each alone",
        "micro_dice": 0.62,
        "micro_jaccard": 0.43,
        "foreground_macro_f1": None,
        "macro_f1": 0.31,
        "micro_dice_with_background": 0.9,
        "within_image_leaks": {"note": "within image: it leaks", "micro_dice": 0.99},
        "notes": ["look"],
        "kind": "extra-trees",
        "card": "lite0-stem-3",
        "views": "none",
        "smoothing_px": 0.0,
        "cpu_s": 2.0,
    }
    said, written = _console()
    print_maceral_scores(report, said)
    shown = written.getvalue()
    assert "1 resin (background)" in shown
    assert "foreground (all but class 1), pooled over 1 images: micro DICE 0.620, micro Jaccard 0.430" in shown
    assert "with the background: macro F1 0.310, share of right pixels 0.900" in shown
    assert "it leaks: micro DICE 0.990" in shown
    assert "look" in shown


def test_the_epoch_that_was_kept_is_marked() -> None:
    epochs = [{"number": at, "loss": 1.0 / at, "held_out_micro_dice": 0.1 * at} for at in (1, 2)]
    report = {"epochs": epochs, "kept_epoch": 2, "held_out": ["a.png"], "held_out_note": "a little too good"}
    facts: dict[str, Any] = {
        "notes": [],
        "encoder": "efficientnet-lite0",
        "encoder_sha256": None,
        "network": "unet",
        "cpu_s": 1.0,
    }
    said, written = _console()
    print_network_training({**report, **facts, "device": "cpu"}, Path("m"), said)
    assert "2 (kept)" in written.getvalue()
    assert "unet on efficientnet-lite0 from scratch" in written.getvalue()
