from __future__ import annotations

import io

from rich.console import Console

from facies.api.autolabel_tables import print_automatic
from facies.api.images import image_out
from facies.core.records import ImageRecord
from facies.core.wire_labels import AutoClassOut, AutoImageOut, AutoLabelOut

IMAGE = image_out(
    "g",
    ImageRecord(
        id="i", uri="/data/i.jpg", sha256="0", width=1, height=1, format="JPEG", scaling="uint8", page=None, metadata={}
    ),
)
FOUND = AutoLabelOut(
    collection="g",
    vector="v",
    model="lite0",
    precision=0.95,
    way="both",
    validated=300,
    classes=40,
    images=200,
    labelled=100,
    in_sets=60,
    unknown=40,
    coverage=0.5,
    held_out_coverage=0.52,
    held_out_precision=0.951,
    held_out_interval=(0.91, 0.98),
    expected_errors=4.9,
    expected_errors_interval=(2.0, 9.0),
    threshold=0.7,
    novelty_gate=0.5,
    calibration_error=0.021,
    curve=[],
    by_class=[
        AutoClassOut(label=f"[c{n}]", validated=9, threshold=1.5 if n else 0.7, labelled=5, expected_right=4.8)
        for n in range(40)
    ],
    examples_labelled=[
        AutoImageOut(id="i", image=IMAGE, label="[c0]", confidence=0.71, novelty=0.2, set=list("abcdefg"))
    ],
    examples_in_sets=[],
    examples_unknown=[],
    version=(1, 1),
    batch=None,
    notes=["[a note]"],
    seconds=1.0,
)


def shown(found: AutoLabelOut) -> str:
    out = io.StringIO()
    print_automatic(found, Console(file=out, width=160))
    return out.getvalue()


def test_coverage_errors_and_what_to_do_next_are_said() -> None:
    text = shown(FOUND)
    for wanted in (
        "50.0%",
        "Asked for 95.0% right",
        "95.1% right (91.0% to 98.0%) for 52.0%",
        "about 5 will be wrong (2 to 9)",
        "none suffices",
        "and 10 classes more",
        "a, b, c, d and 3 more",
        "[a note]",
        "[c0]",
        "the same with --apply",
    ):
        assert wanted in text


def test_nothing_to_label_is_said() -> None:
    assert "nothing to label" in shown(FOUND.model_copy(update={"images": 0}))
