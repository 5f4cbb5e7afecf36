"""What was measured of groups of unknown images, for scripts and for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rich.table import Table
from rich.text import Text

from facies.indexer.evaluation.autolabel_summary import mean
from facies.indexer.evaluation.tables import print_remarks

if TYPE_CHECKING:
    from rich.console import Console

    from facies.indexer.evaluation.gallery import Gallery
    from facies.indexer.evaluation.unknowns import Grouped

_LINES: Final = (
    ("beyond", "images of unknown classes beyond the novelty gate"),
    ("known_beyond", "images of known classes beyond it"),
    ("groups", "groups"),
    ("in_groups", "of the strangers beyond the gate, in a group"),
    ("purity", "of all in groups, of the class of most of their group"),
    ("homogeneity", "homogeneity of the groups of strangers"),
    ("rand", "adjusted Rand index of these"),
    ("found", "unknown classes that some group is mostly of"),
    ("akin", "groups that are mostly of the class nearest to them"),
)


def summarise_unknowns(gallery: Gallery, found: Grouped) -> dict[str, Any]:
    """Give everything that was measured, as means over the draws."""
    return {
        "model": gallery.model,
        "recipe": gallery.recipe,
        "protocol": "unknowns",
        "images": found.images,
        "classes": found.classes,
        "unknown_classes": found.strange,
        "splits": len(found.groups),
        "fewest": found.fewest,
        **{name: mean(getattr(found, name)) for name, _ in _LINES},
    }


def print_unknown_groups(gallery: Gallery, found: Grouped, console: Console) -> None:
    """Print a line for each figure."""
    kinds = "1 class" if found.strange == 1 else f"{found.strange} classes"
    title = (
        f"{gallery.name}: {found.images:,} images of {found.classes} classes, {kinds} of which nobody has validated; "
        f"groups of at least {found.fewest}, mean of {len(found.groups)} draws"
    )
    table = Table("", title=Text(title))
    table.add_column("", justify="right")
    for name, said in _LINES:
        value = mean(getattr(found, name))
        digits = 1 if name == "groups" else 3
        table.add_row(said, "-" if value is None else f"{value:.{digits}f}")
    console.print(table)
    print_remarks(gallery, console)
