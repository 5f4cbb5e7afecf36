from __future__ import annotations

import pytest

from facies.core.errors import TaxonomyError
from facies.core.taxonomy import Taxon
from facies.indexer.taxonomies.reading import read_taxonomy
from tests.indexer.taxonomies.conftest import META, TABLE, MakeArchive

TAXA = (Taxon("Peridiniales", "order"), Taxon("Wetzeliella", "genus", "Peridiniales", synonyms=("Wetzelia",)))
PLAIN = TABLE.replace('"', "").replace(
    "id\tname\trank\tparent\taccepted", "taxonID\tdwc:scientificName\ttaxonRank\tparentNameUsageID\tacceptedNameUsageID"
)


def test_what_a_file_is_follows_from_its_content(make_archive: MakeArchive) -> None:
    ours = b"name,rank,parent,synonyms\nPeridiniales,order,,\nWetzeliella,genus,Peridiniales,Wetzelia\n"
    archive = {"meta.xml": META, "taxon.txt": TABLE.replace('"', "")}
    for data in (
        ours,
        make_archive({"taxa.csv": ours}),
        PLAIN.encode(),
        PLAIN.encode("utf-8-sig"),
        PLAIN.replace("\t", ",").encode(),
        make_archive({"taxa.tsv": PLAIN}),
        make_archive(archive),
    ):
        found = read_taxonomy(data, "My taxa.bin", title="two taxa")
        assert found.taxonomy.taxa == TAXA
        assert found.taxonomy.name == "my-taxa"


def test_a_darwin_core_taxonomy_says_where_it_is_from() -> None:
    found = read_taxonomy(PLAIN.encode(), "taxa.txt", "dinos", title="two taxa").taxonomy
    assert (found.name, found.title, found.source) == ("dinos", "two taxa", "taxa.txt")


@pytest.mark.parametrize("name", ["", "Dinos", "a b", "../x", "-a", "a" * 101])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(TaxonomyError, match="cannot name a taxonomy"):
        read_taxonomy(b"name\na\n", "taxa.csv", name)


def test_a_file_name_may_give_no_name() -> None:
    with pytest.raises(TaxonomyError, match="gives no name for a taxonomy"):
        read_taxonomy(b"name\na\n", "???.csv")


def test_an_empty_file_is_refused() -> None:
    with pytest.raises(TaxonomyError, match=r"taxa\.csv is empty"):
        read_taxonomy(b"", "taxa.csv")


def test_errors_of_a_plain_table_name_its_lines() -> None:
    with pytest.raises(TaxonomyError, match=r"taxa\.txt, line 3: the parentNameUsage of 'Wetzeliella' is '9'"):
        read_taxonomy(PLAIN.replace("genus\t1\t2\n\n", "genus\t9\t2\n\n").encode(), "taxa.txt")
