from __future__ import annotations

import pytest

from facies.core.taxonomy.builtin import BUILTIN, builtin_taxonomy
from facies.core.taxonomy.table import read_taxonomy_table, write_taxonomy_table

SCAMPI = [
    "alisocysta",
    "areoligera",
    "areosphaeridium",
    "azolla",
    "bisaccate",
    "cleistosphaeridium",
    "deflandrea",
    "eatonicysta",
    "glaphyrocysta",
    "hystrichokolpoma",
    "hystrichosphaeridium",
    "inaperturopollenites",
    "isabelidinium",
    "palaeocystodinium",
    "palaeoperidinium",
    "phthanoperidinium",
    "spiniferites",
    "subtilisphaera",
    "svalbardella",
    "wetzeliella",
]


@pytest.mark.parametrize("name", BUILTIN)
def test_each_is_read_and_written_again(name: str) -> None:
    taxonomy = builtin_taxonomy(name)
    assert taxonomy.name == name
    assert taxonomy.title
    assert taxonomy.source
    assert read_taxonomy_table(write_taxonomy_table(taxonomy).encode(), name, name) == taxonomy


def test_scampi_has_each_of_its_folders_in_a_group() -> None:
    taxonomy = builtin_taxonomy("scampi-20")
    leaves = sorted(taxon.name for taxon in taxonomy if not taxonomy.children(taxon.name))
    assert leaves == SCAMPI
    assert all(len(taxonomy.lineage(name)) == 3 for name in leaves)
    assert taxonomy.at_rank("wetzeliella", "order") == "Peridiniales"
    assert taxonomy.at_rank("spiniferites", "order") == "Gonyaulacales"
    assert taxonomy.at_rank("bisaccate", "group") == "bisaccate"


def test_figures_have_57_codes_of_three_letters() -> None:
    taxonomy = builtin_taxonomy("geoimages-57")
    codes = [taxon.code for taxon in taxonomy]
    assert len(set(codes)) == len(codes) == 57
    assert all(code is not None and len(code) == 3 and code.isupper() for code in codes)
    assert taxonomy.resolve("sem") == "Scanning Electronic Microscopy"
    assert taxonomy.resolve("XPP") == "Cross-Plot Points"


def test_scenes_are_six() -> None:
    names = [taxon.name for taxon in builtin_taxonomy("intel-scenes")]
    assert names == ["buildings", "forest", "glacier", "mountain", "sea", "street"]


def test_others_are_none() -> None:
    with pytest.raises(KeyError):
        builtin_taxonomy("../scampi-20")
