"""The table of cards and classifiers: the best of an image stands out, and what was not measured has no figure."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks.segment_quality import Line, Subject, as_markdown, main, measure_ours, read_core, read_scribbles, score
from facies.models.segmentation.hypercolumns import open_hypercolumns

LINES = [
    Line("core", "small", "naive recipe", 0.7, None, 20.0),
    Line("core", "small", "linear", 0.6, 0.75, 1.234),
    Line("core", "large", "", None, None, None, "no weights"),
    Line("photograph", "small", "linear", 0.9, 0.8, 1.0),
]


def test_the_best_of_each_image_stands_out_and_what_lacks_says_why() -> None:
    assert as_markdown(LINES).splitlines()[2:] == [
        "| core | small | naive recipe | 0.700 |  | 20.0 |",
        "| core | small | linear | 0.600 | **0.750** | 1.2 |",
        "| core | large | no weights |  |  |  |",
        "| photograph | small | linear | **0.900** | 0.800 | 1.0 |",
    ]


def test_a_classifier_is_scored_plain_and_smoothed(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    truth = np.full((96, 64), 3, np.uint8)
    truth[48:] = 9
    image = np.where(truth[..., None] == 3, 90, 160) + rng.integers(-15, 16, (96, 64, 3))
    labels = np.zeros_like(truth)
    labels[[10, 30, 60, 85], 8:50] = truth[[10, 30, 60, 85], 8:50]
    subject = Subject("halves", image.astype(np.uint8), labels, truth, unlabelled=0)
    hypercolumns = open_hypercolumns("lite0-stem", weights_dir=tmp_path, offline=True, threads=1)
    line = measure_ours(subject, hypercolumns, "linear")
    assert (line.image, line.card, line.classifier) == ("halves", "lite0-stem", "linear")
    assert line.plain is not None
    assert line.plain > 0.9
    assert line.smoothed is not None
    assert line.smoothed > 0.9
    assert line.smoothed != line.plain
    assert score(subject, np.full_like(truth, 3)) == pytest.approx(1 / 3)


@pytest.mark.parametrize(("reader", "form"), [(read_core, "{}.png"), (read_scribbles, "0000_{}.png")])
def test_a_set_is_read_from_its_files(reader: object, form: str, tmp_path: Path) -> None:
    names = ("image", "labels", "truth") if reader is read_core else ("img", "scribbles_all_01500_w3", "ground_truth")
    for value, name in enumerate(names, 1):
        shape = (4, 5, 3) if value == 1 else (4, 5)
        Image.fromarray(np.full(shape, value, np.uint8)).save(tmp_path / form.format(name))
    subject = read_core(tmp_path) if reader is read_core else read_scribbles(tmp_path)
    assert (subject.image.shape, subject.labels[0, 0], subject.truth[0, 0]) == ((4, 5, 3), 2, 3)
    assert subject.unlabelled == (255 if reader is read_core else 0)


def test_a_set_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(SystemExit):
        main([str(tmp_path), "--sets", "shells"])
