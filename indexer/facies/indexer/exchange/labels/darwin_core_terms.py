"""The terms of Darwin Core that a label is written in, and the descriptor of the archive that they stand in.

Source: Darwin Core text guide, http://rs.tdwg.org/dwc/terms/guides/text/; Darwin Core quick reference guide,
https://dwc.tdwg.org/terms/; the Simple Multimedia extension of GBIF.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from facies.indexer.archive_descriptor import TEXT

DWC: Final = "http://rs.tdwg.org/dwc/terms/"
DC: Final = "http://purl.org/dc/terms/"
OCCURRENCE: Final = DWC + "Occurrence"
MULTIMEDIA: Final = "http://rs.gbif.org/terms/1.0/Multimedia"

CORE_TERMS: Final = tuple(
    DWC + name
    for name in (
        "occurrenceID",
        "basisOfRecord",
        "collectionCode",
        "scientificName",
        "previousIdentifications",
        "identificationQualifier",
        "identificationVerificationStatus",
        "identifiedBy",
        "dateIdentified",
        "identificationRemarks",
        "minimumDepthInMeters",
        "maximumDepthInMeters",
        "verbatimDepth",
        "dynamicProperties",
    )
)
MEDIA_TERMS: Final = tuple(DC + name for name in ("type", "format", "identifier", "title"))


def write_descriptor() -> str:
    """The descriptor, ``meta.xml``: comma-separated tables in UTF-8 with a header line, the first column the id."""
    core = _table("core", OCCURRENCE, "occurrence.csv", "id", CORE_TERMS)
    media = _table("extension", MULTIMEDIA, "multimedia.csv", "coreid", MEDIA_TERMS)
    head = f'<?xml version="1.0" encoding="UTF-8"?>\n<archive xmlns="{TEXT}" metadata="eml.xml">'
    return f"{head}{core}{media}\n</archive>\n"


def write_metadata(title: str, today: str) -> str:
    """A minimal description of the data set, ``eml.xml``: title, creator, date and abstract."""
    name = escape(title)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<eml:eml xmlns:eml="https://eml.ecoinformatics.org/eml-2.2.0" '
        f'packageId={quoteattr(f"facies/{title}")} system="facies">\n'
        f"  <dataset>\n    <title>{name}</title>\n"
        "    <creator><organizationName>facies</organizationName></creator>\n"
        f"    <pubDate>{today}</pubDate>\n"
        f"    <abstract><para>Labels of the images of the collection {name}.</para></abstract>\n"
        "    <contact><organizationName>facies</organizationName></contact>\n"
        "  </dataset>\n</eml:eml>\n"
    )


def _table(tag: str, row_type: str, location: str, key: str, terms: Iterable[str]) -> str:
    fields = "".join(f'\n    <field index="{index}" term="{term}"/>' for index, term in enumerate(terms, 1))
    return (
        f'\n  <{tag} encoding="UTF-8" fieldsTerminatedBy="," linesTerminatedBy="\\n" fieldsEnclosedBy="&quot;" '
        f'ignoreHeaderLines="1" rowType="{row_type}">\n    <files><location>{location}</location></files>'
        f'\n    <{key} index="0"/>{fields}\n  </{tag}>'
    )
