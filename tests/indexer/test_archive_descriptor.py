from __future__ import annotations

import pytest

from facies.core.errors import SourceError
from facies.indexer.archive_descriptor import MAX_BYTES, TableLayout, read_descriptor
from facies.indexer.exchange.labels.darwin_core_terms import CORE_TERMS, MEDIA_TERMS, MULTIMEDIA, write_descriptor
from tests.indexer.taxonomies.conftest import META, TERMS


def test_it_says_how_the_table_is_written() -> None:
    assert read_descriptor(META.encode(), "a.zip") == [
        TableLayout(
            row_type=f"{TERMS}Taxon",
            location="taxon.txt",
            encoding="utf-8-sig",
            delimiter="\t",
            quote="",
            skipped=1,
            key=0,
            columns={
                f"{TERMS}scientificName": 1,
                f"{TERMS}taxonRank": 2,
                f"{TERMS}parentNameUsageID": 3,
                f"{TERMS}acceptedNameUsageID": 4,
            },
            constants={},
        )
    ]


def test_our_own_is_read_with_its_extension() -> None:
    core, media = read_descriptor(write_descriptor().encode(), "a.zip", MULTIMEDIA)
    assert (core.location, core.key, media.location, media.key) == ("occurrence.csv", 0, "multimedia.csv", 0)
    assert core.columns == {term: position for position, term in enumerate(CORE_TERMS, 1)}
    assert media.columns == {term: position for position, term in enumerate(MEDIA_TERMS, 1)}


def test_what_it_leaves_out_is_as_the_guide_says() -> None:
    text = f"""<archive xmlns="http://rs.tdwg.org/dwc/text/"><core rowType="{TERMS}Taxon" encoding="latin1">
    <files><location>t.csv</location></files><field index="3" term="{TERMS}taxonID"/>
    <field index="0" term="{TERMS}scientificName" default="unnamed"/>
    <field term="{TERMS}taxonRank" default="genus"/></core></archive>"""
    (found,) = read_descriptor(text.encode(), "a.zip")
    assert (found.delimiter, found.quote, found.skipped, found.encoding) == (",", '"', 0, "iso8859-1")
    assert found.columns == {f"{TERMS}taxonID": 3, f"{TERMS}scientificName": 0}
    assert found.constants == {f"{TERMS}taxonRank": "genus", f"{TERMS}scientificName": "unnamed"}
    assert found.key is None


def test_an_extension_that_is_not_wanted_may_be_as_it_likes() -> None:
    text = META.replace("</core>", '</core><extension rowType="http://example.org/Odd"/>')
    assert len(read_descriptor(text.encode(), "a.zip", MULTIMEDIA)) == 1
    with pytest.raises(SourceError, match="lies in 0 files"):
        read_descriptor(text.encode(), "a.zip", "http://example.org/Odd")


BOMB = '<!DOCTYPE a [<!ENTITY b "bbbb">]><archive xmlns="http://rs.tdwg.org/dwc/text/">&b;</archive>'
LOCATIONS = "<location>taxon.txt</location>"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "cannot be read as XML"),
        ("<archive>", "cannot be read as XML"),
        (BOMB, "cannot be read as XML"),
        (" " * (MAX_BYTES + 1), "has more than 1,048,576 bytes"),
        ("<archive/>", "describes no core"),
        (META.replace(LOCATIONS, ""), "lies in 0 files"),
        (META.replace(LOCATIONS, LOCATIONS * 2), "lies in 2 files"),
        (META.replace("taxon.txt", ""), "names '', which is no place of a table"),
        (META.replace("taxon.txt", "../taxon.txt"), "names '../taxon.txt', which is no place of a table"),
        (META.replace("taxon.txt", "/etc/passwd"), "names '/etc/passwd', which is no place of a table"),
        (META.replace('<core encoding="UTF-8"', '<core encoding="EBCDIC-9"'), "encoding 'EBCDIC-9'"),
        (META.replace('<core encoding="UTF-8"', '<core encoding="base64"'), "encoding 'base64'"),
        (META.replace('"\\t"', '"||"'), "fieldsTerminatedBy '||', expected one character"),
        (META.replace('"\\t"', '""'), "fieldsTerminatedBy '', expected one character"),
        (META.replace('ignoreHeaderLines="1"', 'ignoreHeaderLines="-1"'), "ignoreHeaderLines '-1'"),
        (META.replace('index="2"', 'index="x"'), "index 'x', expected a number"),
        (META.replace('<id index="0"/>', "<id/>"), "index '', expected a number"),
    ],
)
def test_what_describes_no_archive_is_refused(text: str, message: str) -> None:
    with pytest.raises(SourceError) as refused:
        read_descriptor(text.encode(), "a.zip")
    assert message in refused.value.message
    assert "a.zip" in refused.value.message
