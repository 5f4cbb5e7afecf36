"""The descriptor of a Darwin Core Archive: which file holds the taxa, how it is written, and what its columns are.

Source: Biodiversity Information Standards (TDWG), Darwin Core text guide.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from facies.core.errors import TaxonomyError
from facies.core.taxonomy.darwin_core import ID, NAME

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

TAXON: Final = "http://rs.tdwg.org/dwc/terms/Taxon"
_TEXT: Final = "{http://rs.tdwg.org/dwc/text/}"
_ESCAPES: Final = (("\\t", "\t"), ("\\n", "\n"), ("\\r", "\r"))


@dataclass(frozen=True, slots=True)
class Layout:
    """How the table of taxa is written.

    Attributes:
        location: its file in the archive.
        encoding: of its text.
        delimiter: between cells, one character.
        quote: around cells, one character; empty where there is none.
        skipped: lines above the first row.
        columns: name of the term by position; other columns are not read.
        constants: values by the name of their term that all rows share.
    """

    location: str
    encoding: str
    delimiter: str
    quote: str
    skipped: int
    columns: Mapping[int, str]
    constants: Mapping[str, str]


def read_descriptor(data: bytes, where: str) -> Layout:
    """Read ``meta.xml``.

    Args:
        data: its bytes; entities and external references are refused.
        where: what the archive is called, for messages.

    Raises:
        TaxonomyError: it is no such descriptor, its core does not list taxa, or does not name them.
    """
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import ParseError, fromstring

    try:
        root: Element = fromstring(data)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise TaxonomyError(f"the meta.xml of {where} cannot be read as XML: {error}") from error
    core = root.find(f"{_TEXT}core")
    if core is None:
        raise TaxonomyError(f"the meta.xml of {where} describes no core, expected one of type {TAXON}")
    kind = core.get("rowType", "")
    if kind != TAXON:
        raise TaxonomyError(
            f"the core of {where} is of type {kind!r}, expected {TAXON}: an archive of occurrences or events lists no "
            "taxonomy"
        )
    columns, constants = _fields(core)
    if NAME not in {*columns.values(), *constants}:
        raise TaxonomyError(f"the core of {where} has no field {NAME}; its fields are {', '.join(columns.values())}")
    return Layout(
        location=_location(core, where),
        encoding=_encoding(core, where),
        delimiter=_character(core, "fieldsTerminatedBy", ",", where),
        quote=_character(core, "fieldsEnclosedBy", '"', where),
        skipped=_number(core.get("ignoreHeaderLines", "0"), where),
        columns=columns,
        constants=constants,
    )


def _fields(core: Element) -> tuple[dict[int, str], dict[str, str]]:
    columns: dict[int, str] = {}
    constants: dict[str, str] = {}
    for field in core.iterfind(f"{_TEXT}field"):
        term = field.get("term", "").rpartition("/")[2]
        if field.get("index", "").isdecimal():
            columns[int(field.get("index", ""))] = term
        elif field.get("default"):
            constants[term] = field.get("default", "")
    for element in core.iterfind(f"{_TEXT}id"):
        if ID not in columns.values() and element.get("index", "").isdecimal():
            columns.setdefault(int(element.get("index", "")), ID)
    return columns, constants


def _location(core: Element, where: str) -> str:
    found = [(element.text or "").strip() for element in _locations(core)]
    if len(found) != 1 or not found[0]:
        raise TaxonomyError(f"the core of {where} lies in {len(found)} files, expected the name of one")
    return found[0]


def _locations(core: Element) -> Iterator[Element]:
    return core.iterfind(f"{_TEXT}files/{_TEXT}location")


def _encoding(core: Element, where: str) -> str:
    name = core.get("encoding", "UTF-8")
    try:
        known = codecs.lookup(name)
    except LookupError as error:
        raise TaxonomyError(f"the core of {where} has the encoding {name!r}, which is not known here") from error
    return "utf-8-sig" if known.name == "utf-8" else known.name


def _character(core: Element, attribute: str, default: str, where: str) -> str:
    text = core.get(attribute, default)
    for escape, meaning in _ESCAPES:
        text = text.replace(escape, meaning)
    if len(text) > 1 or (attribute == "fieldsTerminatedBy" and not text):
        raise TaxonomyError(f"the core of {where} has {attribute} {text!r}, expected one character")
    return text


def _number(text: str, where: str) -> int:
    if not text.isdecimal():
        raise TaxonomyError(f"the core of {where} has ignoreHeaderLines {text!r}, expected a number of lines")
    return int(text)
