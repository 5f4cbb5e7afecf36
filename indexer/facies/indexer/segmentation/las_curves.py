"""Fractions by depth as curves of a LAS 2.0 file, which programs for well logs read beside the other curves of a well.

The index is the middle of each bin, one step apart from the first bin to the last; where there is no rock or no
photograph the null value stands. Mnemonics have at most eight letters and digits, since older programs cut them there;
the description of a curve has the whole name of its class. The file is ASCII.

Source: Canadian Well Logging Society (1992, updated 2017): LAS version 2.0, a digital standard for logs.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final

import numpy as np

from facies.core.errors import DepthError
from facies.core.new_files import new_file
from facies.core.segmentation.class_table import ClassTable
from facies.indexer.segmentation.fractions import DepthFractions

NULL: Final = -999.25
_LONGEST: Final = 8
_OWN: Final = ("DEPT", "ROCK", "UNCERT", "COVERED")


@dataclass(frozen=True, slots=True)
class WellHeader:
    """What the file says of the well; each may be empty.

    Attributes:
        well: its name.
        company: who drilled it.
        field: where it was drilled.
        location: the place in it.
        country: of the place.
        service: who made the curves.
        date: when they were made.
        uwi: unique well identifier.
    """

    well: str = ""
    company: str = ""
    field: str = ""
    location: str = ""
    country: str = ""
    service: str = ""
    date: str = ""
    uwi: str = ""


_ITEMS: Final = {
    "well": "WELL",
    "company": "COMP",
    "field": "FLD",
    "location": "LOC",
    "country": "CTRY",
    "service": "SRVC",
    "date": "DATE",
    "uwi": "UWI",
}


def write_las(path: Path, bins: DepthFractions, table: ClassTable, header: WellHeader | None = None) -> None:
    """Write fractions as curves.

    Args:
        path: of the file, which is complete or absent afterwards.
        bins: of one height without gaps between them, as `facies.indexer.segmentation.fractions.by_step` makes them.
        table: the classes, in the order of the fractions.
        header: of the well.

    Raises:
        DepthError: the bins are not of one height, or there are none.
        StorageError: the system refuses.
    """
    import lasio

    step_m = _find_step(bins)
    las = lasio.LASFile()
    header = header or WellHeader()
    for one in fields(header):
        las.well[_ITEMS[one.name]].value = _to_ascii(getattr(header, one.name))
    las.well["NULL"].value = NULL
    middles = np.round((bins.top_m + bins.base_m) / 2, 6)
    las.append_curve("DEPT", middles, unit="M", descr="middle of the bin, depth along the core")
    for name, index in zip(make_mnemonics(table.names, table.ids), range(len(table.names)), strict=True):
        known = table.classes[index]
        said = f"fraction of the rock that is {_to_ascii(known.name)}, class {known.id}"
        las.append_curve(name, bins.fractions[:, index], unit="V/V", descr=said)
    las.append_curve("ROCK", bins.rock_share, unit="V/V", descr="share of the photograph that is rock")
    las.append_curve("UNCERT", bins.uncertainty, unit="V/V", descr="mean of 1 less the margin between the best classes")
    las.append_curve("COVERED", bins.covered, unit="V/V", descr="share of the bin that was photographed")
    las.other = "Fractions of classes in photographs of core, each over its bin of depth. Null: no rock there."
    with new_file(path) as part, part.open("w", encoding="ascii", newline="\n") as text:
        las.write(
            text,
            version=2.0,
            wrap=False,
            STRT=float(middles[0]),
            STOP=float(middles[-1]),
            STEP=step_m,
            fmt="%.6f",
            len_numeric_field=12,
        )


def make_mnemonics(names: Iterable[str], ids: Iterable[int]) -> tuple[str, ...]:
    """Name curves after classes: capitals, digits and underscores, unique, and none that the file has of its own.

    Args:
        names: of the classes.
        ids: of the classes, for those whose names have no letter of the Latin alphabet.

    Example:
        >>> make_mnemonics(["Sandstone, fine", "Sandstone, coarse", "Übergang", "rock"], [1, 2, 3, 4])
        ('SANDSTON', 'SANDST_2', 'UBERGANG', 'ROCK_2')
    """
    taken = set(_OWN)
    made = []
    for name, number in zip(names, ids, strict=True):
        plain = re.sub("[^A-Z0-9]+", "_", _to_ascii(name).upper()).strip("_")
        if not re.search("[A-Z]", plain):
            plain = f"CLASS{number}"
        mnemonic, count = plain[:_LONGEST].rstrip("_"), 1
        while mnemonic in taken:
            count += 1
            ending = f"_{count}"
            mnemonic = plain[: _LONGEST - len(ending)].rstrip("_") + ending
        taken.add(mnemonic)
        made.append(mnemonic)
    return tuple(made)


def _find_step(bins: DepthFractions) -> float:
    heights = bins.base_m - bins.top_m
    if not len(heights):
        raise DepthError("there are no bins of depth to write as curves, expected at least one")
    step_m = float(heights[0])
    if np.abs(heights - step_m).max() > 1e-6 or np.abs(bins.top_m[1:] - bins.base_m[:-1]).max(initial=0.0) > 1e-6:
        raise DepthError(
            "curves of a LAS file have one step, and these bins of depth differ in height or leave gaps; give bins "
            "of one height"
        )
    return round(step_m, 9)


def _to_ascii(text: str) -> str:
    """Text that a line of a header can hold: no accents, ``?`` for letters of other alphabets, and no colon."""
    plain = unicodedata.normalize("NFKD", text)
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    plain = plain.encode("ascii", "replace").decode("ascii").replace(":", ";")
    return " ".join(re.sub("[^ -~]", " ", plain).split())
