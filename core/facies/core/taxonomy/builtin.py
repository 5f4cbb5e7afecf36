"""The taxonomies that come with facies."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Final

from facies.core.taxonomy.table import read_taxonomy_table
from facies.core.taxonomy.taxonomy import Taxonomy

BUILTIN: Final = ("geoimages-57", "intel-scenes", "scampi-20")
"""Their names, in alphabetical order."""


@cache
def builtin_taxonomy(name: str) -> Taxonomy:
    """Read one of `BUILTIN`; it is read once in the life of a process.

    Raises:
        KeyError: there is none of this name; ask `BUILTIN` first.
    """
    if name not in BUILTIN:
        raise KeyError(name)
    data = files("facies.core.taxonomy").joinpath("data", f"{name}.csv").read_bytes()
    return read_taxonomy_table(data, name, f"{name}.csv")
