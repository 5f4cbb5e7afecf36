"""Macerals, the organic particles of sedimentary rocks, and what petrography says of them.

Under the microscope organic matter is parted into three groups. In white light reflected by a polished surface
liptinite is the darkest, vitrinite grey, inertinite the brightest; everything else (resin, minerals) is background.

Source: the ICCP System 1994: ICCP (1998), Fuel 77, 349-358 (vitrinite); ICCP (2001), Fuel 80, 459-471 (inertinite);
Sýkorová et al. (2005), Int. J. Coal Geol. 62, 85-106 (huminite); Pickel et al. (2017), Int. J. Coal Geol. 169, 40-61
(liptinite).
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from facies.core.images import RgbImage
from facies.core.segmentation.class_table import ClassTable, SegmentationClass

BACKGROUND = 0
"""Index of the background in `MACERALS`, and its id."""

MACERALS = ClassTable(
    (
        SegmentationClass(0, "background", (0, 0, 0)),
        SegmentationClass(1, "inertinite", (230, 159, 0)),
        SegmentationClass(2, "vitrinite", (86, 180, 233)),
        SegmentationClass(3, "liptinite", (0, 158, 115)),
    )
)
"""The groups with the ids of the Stranger Sections 2 challenge; the colours stay apart for colour-blind eyes."""

BY_REFLECTANCE = ("liptinite", "vitrinite", "inertinite")
"""The groups from the darkest to the brightest, in white light reflected by a polished section."""

_OTHER_NAMES: Mapping[str, tuple[str, ...]] = {
    "inertinite": (
        *("fusinite", "semifusinite", "funginite", "secretinite", "macrinite", "micrinite", "inertodetrinite"),
        *("inertinites",),
    ),
    "vitrinite": (
        *("telinite", "collotelinite", "vitrodetrinite", "collodetrinite", "corpogelinite", "gelinite"),
        # Huminite is the same group at low rank.
        *("huminite", "textinite", "ulminite", "attrinite", "densinite", "vitrinites"),
    ),
    "liptinite": (
        *("cutinite", "suberinite", "sporinite", "resinite", "exsudatinite", "chlorophyllinite", "alginite"),
        *("telalginite", "lamalginite", "liptodetrinite", "bituminite", "exinite", "liptinites"),
    ),
    "background": ("mineral", "minerals", "mineral matter", "resin", "none"),
}
_GROUP_OF = {other: group for group, others in _OTHER_NAMES.items() for other in others}


def find_group(name: str) -> str | None:
    """Find the group that a maceral belongs to, or that a name of the group in use elsewhere means.

    Args:
        name: in any case of letters; ``_`` and ``-`` are blanks.

    Returns:
        ``background``, ``inertinite``, ``vitrinite`` or ``liptinite``; None for a name that petrography does not use.

    Example:
        >>> find_group("Sporinite"), find_group("exinite"), find_group("quartz")
        ('liptinite', 'liptinite', None)
    """
    folded = " ".join(name.replace("_", " ").replace("-", " ").split()).casefold()
    return folded if folded in _OTHER_NAMES else _GROUP_OF.get(folded)


def mean_brightness(image: RgbImage, indices: NDArray[np.integer], table: ClassTable) -> dict[str, float]:
    """The mean brightness of each class that a mask has.

    Args:
        image: (height, width, 3) uint8.
        indices: (height, width), class indices.
        table: names the classes.

    Returns:
        by name, the mean of the three channels in [0, 255]; several images are compared by their own means, since
        lamps differ.
    """
    flat = indices.ravel()
    brightness = image.reshape(-1, 3).sum(axis=1, dtype=np.uint16)
    sums = np.bincount(flat, weights=brightness, minlength=len(table)) / 3
    counts = np.bincount(flat, minlength=len(table))
    return {name: float(sums[at] / counts[at]) for at, name in enumerate(table.names) if counts[at]}


def check_reflectance(brightness: Mapping[str, float]) -> str | None:
    """Say what is unusual about how bright the groups of one image are, as a sentence for a person.

    It is a note and no error: fluorescence, transmitted light and heated rocks have other orders. In a folder of masks
    whose ids were exchanged it is what shows it.

    Args:
        brightness: as `mean_brightness` gives it; classes that are no groups are passed over.

    Returns:
        None where the order is that of reflected white light, or fewer than two groups are there.
    """
    known = [(name, brightness[name]) for name in BY_REFLECTANCE if name in brightness]
    if all(before[1] < after[1] for before, after in itertools.pairwise(known)):
        return None
    seen = ", ".join(f"{name} {value:.0f}" for name, value in sorted(known, key=lambda one: one[1]))
    return (
        f"from dark to bright the groups are {seen} (of 255), but in reflected white light the order is "
        f"{', '.join(BY_REFLECTANCE)}; look whether the ids of the classes were exchanged, or another light was used"
    )
