"""What is kept of a section that is done, so that a core that was broken off goes on behind it."""

from __future__ import annotations

import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from facies.core.images import RgbImage
from facies.core.new_files import new_file
from facies.indexer.segmentation.fractions import RowCounts

NAME: Final = "section.npz"
_ARRAYS: Final = ("counts", "uncertainty", "image", "classes", "about")


@dataclass(frozen=True, slots=True, eq=False)
class DoneSection:
    """A section that was named and written.

    Attributes:
        rows: what each row holds.
        image: (h, w, 3) uint8, the photograph made small, for the plot.
        classes: (h, w) uint8, the mask made small, indices of classes.
        about: what the report says of it, as JSON.
    """

    rows: RowCounts
    image: RgbImage
    classes: NDArray[np.uint8]
    about: dict[str, Any]


def save_section(folder: Path, done: DoneSection, fingerprint: str) -> None:
    """Write the file last of all of a section: it says that the others are there.

    Raises:
        StorageError: the system refuses.
    """
    about = json.dumps({"fingerprint": fingerprint, "width": done.rows.width, "about": done.about}).encode()
    with new_file(folder / NAME) as part, part.open("wb") as file:
        np.savez(
            file,
            counts=done.rows.counts,
            uncertainty=done.rows.uncertainty,
            image=done.image,
            classes=done.classes,
            about=np.frombuffer(about, np.uint8),
        )


def load_section(folder: Path, fingerprint: str) -> DoneSection | None:
    """Read the file of a section; None where there is none, or one of another model, picture or order."""
    try:
        # numpy leaves a damaged file open that it has opened itself
        with (folder / NAME).open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            held = {name: file[name] for name in _ARRAYS}
        about = json.loads(held["about"].tobytes())
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None  # a file that was broken off or damaged: the section is named again
    if about.get("fingerprint") != fingerprint:
        return None
    rows = RowCounts(held["counts"], int(about["width"]), held["uncertainty"])
    return DoneSection(rows, held["image"], held["classes"], about["about"])
