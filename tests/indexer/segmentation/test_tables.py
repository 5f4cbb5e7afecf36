"""Reports as a person reads them."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from facies.indexer.segmentation.confusion import count_confusion
from facies.indexer.segmentation.scores import compute_scores
from facies.indexer.segmentation.tables import print_core, print_scores, print_suggestions, print_training


def console() -> tuple[Console, io.StringIO]:
    written = io.StringIO()
    return Console(file=written, width=200), written


def training_report(**more: Any) -> dict[str, Any]:
    classes = [
        {"id": 0, "name": "sand [fine]", "labelled_pixels": 1200},
        {"id": 7, "name": "mud", "labelled_pixels": 3},
    ]
    figures = {"kind": "extra-trees", "card": "lite0-stem-3", "cpu_s": 1.5, "peak_growth_mb": None, "notes": ["look"]}
    return {"classes": classes, **figures, **more}


def test_names_of_classes_are_shown_as_they_are() -> None:
    said, written = console()
    print_training(training_report(), Path("m"), said)
    assert "sand [fine]" in written.getvalue()
    assert "1,200" in written.getvalue()
    assert "look" in written.getvalue()
    assert "F1" not in written.getvalue()


def test_scores_say_which_protocol_they_are_of_and_that_one_leaks() -> None:
    said, written = console()
    scores = {
        "grouped_cv_f1": 0.5,
        "grouped_cv_note": "whole strokes",
        "grouped_cv_per_class": {"0": {"f1": 0.25}},
        "unscored_classes": [7],
        "poster_f1": 0.99,
        "poster_note": "poster protocol: it leaks",
    }
    print_training(training_report(**scores), Path("m"), said)
    shown = written.getvalue()
    assert "held out whole: 0.500" in shown
    assert "poster protocol: 0.990; it leaks" in shown
    assert "for want of a second stroke: class 7" in shown
    assert "0.250" in shown


def test_sections_that_failed_or_drift_are_told_of() -> None:
    said, written = console()
    drift = {"is_drifting": True, "sentence": "unlike those of training"}
    section = {"image": "box[1].png", "top_m": 10.0, "base_m": None, "rock_share": 0.8, "drift": drift}
    report = {
        "sections": [{**section, "fractions": {"mud": 0.7, "sand": 0.3, "lime": 0.0}}],
        "failed": [{"image": "box2.png", "reason": "cut off"}],
        "notes": ["a scale is unlike"],
        "files": ["core.las"],
        "sections_kept": 1,
        "cpu_s": 2.0,
        "peak_growth_mb": 31.4,
    }
    print_core(report, Path("out"), said)
    shown = written.getvalue()
    for text in ("box[1].png", "mud 70%, sand 30%", "unlike those of training", "cut off", "a scale is unlike"):
        assert text in shown
    assert "lime" not in shown
    assert "2.0 s of CPU, memory grew by 31 MB" in shown
    assert "1 of 1 sections was done before" in shown


def test_means_are_named_by_what_they_are_taken_over() -> None:
    truth, mask = np.array([0, 0, 1, 2]), np.array([0, 1, 1, 2])
    said, written = console()
    print_scores(compute_scores(count_confusion(truth, mask), background=0), said)
    assert "all but class 0" in written.getvalue()
    assert "background and all" in written.getvalue()
    said, written = console()
    print_scores(compute_scores(count_confusion(truth, mask)), said)
    assert "every class is foreground" in written.getvalue()


def test_no_suggestion_is_a_sentence_too() -> None:
    said, written = console()
    print_suggestions([], said)
    assert "no place is left" in written.getvalue()
