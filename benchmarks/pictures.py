"""The images that are embedded: a published benchmark's where they are at hand, else the project's drawn samples."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from benchmarks.machine import ROOT
from benchmarks.table import say
from facies.indexer.samples import write_samples

REAL = "scampi-20"
DRAWN_PER_CLASS = 40


@dataclass(frozen=True, slots=True)
class Pictures:
    """A folder with a folder of images for each class, and what to call it."""

    folder: Path
    name: str


def find_pictures(scratch: Path) -> Pictures:
    """The microfossils below FACIES_TEST_DATA (default: ``shared/data`` beside the project), or samples drawn now.

    Args:
        scratch: folder for the samples.
    """
    folder = Path(os.environ.get("FACIES_TEST_DATA", ROOT.parent / "shared" / "data")) / REAL
    if folder.is_dir():
        return Pictures(folder, REAL)
    say(f"there are no images at {folder} (FACIES_TEST_DATA); drawn samples take their place")
    write_samples(scratch / "samples", per_class=DRAWN_PER_CLASS)
    return Pictures(scratch / "samples", "drawn samples")
