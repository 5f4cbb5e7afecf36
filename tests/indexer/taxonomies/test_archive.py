from __future__ import annotations

import pytest

from facies.core.errors import TaxonomyError
from facies.indexer.taxonomies import archive
from facies.indexer.taxonomies.archive import is_archive, open_taxon_table, read_taxon_layout
from tests.indexer.taxonomies.conftest import META, TABLE, TERMS, MakeArchive


@pytest.mark.parametrize("folder", ["", "dwca/"])
def test_rows_come_as_the_descriptor_says(make_archive: MakeArchive, folder: str) -> None:
    data = make_archive({f"{folder}taxon.txt": TABLE, f"{folder}meta.xml": META, f"{folder}eml.xml": "<eml/>"})
    assert is_archive(data)
    table = open_taxon_table(data, "a.zip")
    assert not isinstance(table, bytes)
    assert list(table) == [
        (2, {"taxonID": "1", "scientificName": "Peridiniales", "taxonRank": "order"}),
        (
            3,
            {
                "taxonID": "2",
                "scientificName": '"Wetzeliella',
                "taxonRank": "genus",
                "parentNameUsageID": "1",
                "acceptedNameUsageID": "2",
            },
        ),
        (
            5,
            {
                "taxonID": "3",
                "scientificName": "Wetzelia",
                "taxonRank": "genus",
                "parentNameUsageID": "1",
                "acceptedNameUsageID": "2",
            },
        ),
    ]


def test_an_archive_without_a_descriptor_has_one_table(make_archive: MakeArchive) -> None:
    assert open_taxon_table(make_archive({"taxa.csv": "name\na\n", "read.me": "x"}), "a.zip") == b"name\na\n"
    with pytest.raises(TaxonomyError, match=r"a\.zip has no meta\.xml and 2 tables"):
        open_taxon_table(make_archive({"a.csv": "name\n", "b.txt": "name\n"}), "a.zip")


def test_terms_are_read_by_name_and_the_id_is_a_taxon_id() -> None:
    found = read_taxon_layout(META.replace('default=""', 'default="accepted"').encode(), "a.zip")
    terms = ("scientificName", "taxonRank", "parentNameUsageID", "acceptedNameUsageID")
    assert found.columns == {"taxonID": 0, **{term: position for position, term in enumerate(terms, 1)}}
    assert found.constants == {"taxonomicStatus": "accepted"}
    said = read_taxon_layout(META.replace(f"{TERMS}taxonRank", f"{TERMS}taxonID").encode(), "a.zip")
    assert said.columns["taxonID"] == 2
    shared = read_taxon_layout(META.replace('<id index="0"/>', '<id index="1"/>').encode(), "a.zip")
    assert "taxonID" not in shared.columns


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<archive/>", "the meta.xml of a.zip describes no core"),
        (META.replace("terms/Taxon", "terms/Occurrence"), "is of type 'http://rs.tdwg.org/dwc/terms/Occurrence'"),
        (META.replace("scientificName", "locality"), "has no field scientificName; its fields are locality"),
    ],
)
def test_a_descriptor_of_no_taxa_is_refused(text: str, message: str) -> None:
    with pytest.raises(TaxonomyError) as refused:
        read_taxon_layout(text.encode(), "a.zip")
    assert message in refused.value.message
    assert "a.zip" in refused.value.message


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"meta.xml": META}, "names 'taxon.txt', which is not in the archive"),
        (
            {"meta.xml": META.replace("taxon.txt", "../taxon.txt"), "taxon.txt": TABLE},
            "is no place of a table in the arch",
        ),
        ({"meta.xml": META, "taxon.txt": TABLE.encode() + b"\xff"}, "is not utf-8-sig, as its meta.xml says"),
        ({"meta.xml": META, "taxon.txt": "h\n1\ta\n"}, "taxon.txt in a.zip, row 2 has 2 cells, expected 5 or more"),
        ({"meta.xml": META, "taxon.txt": "h\n" + "a" * 200_000}, "row 2 is no row of a table"),
    ],
)
def test_what_does_not_fit_its_descriptor_is_refused(
    make_archive: MakeArchive, members: dict[str, str | bytes], message: str
) -> None:
    with pytest.raises(TaxonomyError) as refused:
        list(open_taxon_table(make_archive(members), "a.zip"))
    assert message in refused.value.message


def test_a_damaged_archive_is_refused(make_archive: MakeArchive) -> None:
    data = make_archive({"meta.xml": META, "taxon.txt": TABLE})
    with pytest.raises(TaxonomyError, match=r"^a\.zip cannot be read as a zip file: its end is missing, or it is"):
        open_taxon_table(data[:-30], "a.zip")
    assert not is_archive(TABLE.encode())


def test_a_bomb_is_not_unpacked(make_archive: MakeArchive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_TABLE_BYTES", 1000)
    with pytest.raises(TaxonomyError, match=r"taxon\.txt in a\.zip has more than 1,000 bytes"):
        open_taxon_table(make_archive({"meta.xml": META, "taxon.txt": " " * 10_000_000}), "a.zip")
