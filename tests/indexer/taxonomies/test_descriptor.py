from __future__ import annotations

import pytest

from facies.core.errors import TaxonomyError
from facies.indexer.taxonomies.descriptor import Layout, read_descriptor
from tests.indexer.taxonomies.conftest import META, TERMS


def test_it_says_how_the_table_is_written() -> None:
    assert read_descriptor(META.encode(), "a.zip") == Layout(
        location="taxon.txt",
        encoding="utf-8-sig",
        delimiter="\t",
        quote="",
        skipped=1,
        columns={
            0: "taxonID",
            1: "scientificName",
            2: "taxonRank",
            3: "parentNameUsageID",
            4: "acceptedNameUsageID",
        },
        constants={},
    )


def test_what_it_leaves_out_is_as_the_guide_says() -> None:
    text = f"""<archive xmlns="http://rs.tdwg.org/dwc/text/"><core rowType="{TERMS}Taxon" encoding="latin1">
    <files><location>t.csv</location></files><id index="3"/><field index="3" term="{TERMS}taxonID"/>
    <field index="0" term="{TERMS}scientificName"/><field term="{TERMS}taxonRank" default="genus"/></core></archive>"""
    found = read_descriptor(text.encode(), "a.zip")
    assert (found.delimiter, found.quote, found.skipped, found.encoding) == (",", '"', 0, "iso8859-1")
    assert found.columns == {3: "taxonID", 0: "scientificName"}
    assert found.constants == {"taxonRank": "genus"}


BOMB = '<!DOCTYPE a [<!ENTITY b "bbbb">]><archive xmlns="http://rs.tdwg.org/dwc/text/">&b;</archive>'
LOCATIONS = "<location>taxon.txt</location>"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "cannot be read as XML"),
        ("<archive>", "cannot be read as XML"),
        (BOMB, "cannot be read as XML"),
        ("<archive/>", "describes no core"),
        (META.replace("terms/Taxon", "terms/Occurrence"), "is of type 'http://rs.tdwg.org/dwc/terms/Occurrence'"),
        (META.replace("scientificName", "locality"), "has no field scientificName; its fields are locality"),
        (META.replace(LOCATIONS, ""), "lies in 0 files"),
        (META.replace(LOCATIONS, LOCATIONS * 2), "lies in 2 files"),
        (META.replace('<core encoding="UTF-8"', '<core encoding="EBCDIC-9"'), "encoding 'EBCDIC-9'"),
        (META.replace('"\\t"', '"||"'), "fieldsTerminatedBy '||', expected one character"),
        (META.replace('"\\t"', '""'), "fieldsTerminatedBy '', expected one character"),
        (META.replace('ignoreHeaderLines="1"', 'ignoreHeaderLines="-1"'), "ignoreHeaderLines '-1'"),
    ],
)
def test_what_describes_no_taxa_is_refused(text: str, message: str) -> None:
    with pytest.raises(TaxonomyError) as refused:
        read_descriptor(text.encode(), "a.zip")
    assert message in refused.value.message
    assert "a.zip" in refused.value.message
