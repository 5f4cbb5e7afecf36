from __future__ import annotations

from facies.core.taxonomy import Taxon
from facies.core.wire_taxonomy import TaxonOut
from facies.ui.taxa import find

TAXA = [
    TaxonOut.of(taxon)
    for taxon in (
        Taxon("azolla", "genus", "Plants", "AZO", ("Azola Lam.",)),
        Taxon("Plants", "kingdom"),
        Taxon("areoligera", "genus", "Dinoflagellates"),
        Taxon("Dinoflagellates", "phylum"),
        Taxon("deflandrea", "genus", "Dinoflagellates"),
    )
]


def names(wanted: str) -> list[tuple[int, str]]:
    return [(depth, one.name) for depth, one in find(TAXA, wanted)]


def test_each_stands_below_what_it_belongs_to() -> None:
    assert names("") == [
        (0, "Plants"),
        (1, "azolla"),
        (0, "Dinoflagellates"),
        (1, "areoligera"),
        (1, "deflandrea"),
    ]


def test_what_is_found_stands_in_its_lineage() -> None:
    assert names("defl") == [(0, "Dinoflagellates"), (1, "deflandrea")]
    assert names("azo") == names("LAM.") == [(0, "Plants"), (1, "azolla")]
    assert names("nothing") == []
