"""The descriptor of a Darwin Core Archive: which tables it holds, how they are written, and what their columns are.

Source: Biodiversity Information Standards (TDWG), Darwin Core text guide.
"""

from __future__ import annotations

import codecs
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from facies.core.errors import SourceError

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

DESCRIPTOR: Final = "meta.xml"
"""Name of the file."""
MAX_BYTES: Final = 2**20
"""Of a descriptor; a longer one is none."""
TEXT: Final = "http://rs.tdwg.org/dwc/text/"
_TEXT: Final = f"{{{TEXT}}}"
_ESCAPES: Final = (("\\t", "\t"), ("\\n", "\n"), ("\\r", "\r"))


@dataclass(frozen=True, slots=True)
class TableLayout:
    """How a table of an archive is written.

    Attributes:
        row_type: what its rows are, a URI.
        location: its file in the archive.
        encoding: of its text; ``utf-8-sig`` for UTF-8, since a byte order mark may stand before it.
        delimiter: between cells, one character.
        quote: around cells, one character; empty where there is none.
        skipped: lines above the first row.
        key: position of the id that joins the tables; None where it is not said.
        columns: position by term, a URI.
        constants: values by term where a row has none.
    """

    row_type: str
    location: str
    encoding: str
    delimiter: str
    quote: str
    skipped: int
    key: int | None
    columns: Mapping[str, int]
    constants: Mapping[str, str]


def read_descriptor(data: bytes, where: str, extension: str = "") -> list[TableLayout]:
    """Read ``meta.xml``.

    Args:
        data: its bytes; entities and external references are refused.
        where: what the archive is called, for messages.
        extension: type of the rows of the extensions that are wanted; others may be as they like.

    Returns:
        the core, and after it these extensions.

    Raises:
        SourceError: it is no such descriptor.
    """
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import ParseError, fromstring

    where = f"the {DESCRIPTOR} of {where}"
    if len(data) > MAX_BYTES:
        raise SourceError(f"{where} has more than {MAX_BYTES:,} bytes, which no descriptor of an archive has")
    try:
        root: Element = fromstring(data)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise SourceError(f"{where} cannot be read as XML: {error}") from error
    core = root.find(f"{_TEXT}core")
    if core is None:
        raise SourceError(f"{where} describes no core, expected an archive of {TEXT} with one")
    wanted = [one for one in root.iterfind(f"{_TEXT}extension") if one.get("rowType") == extension]
    return [_read_table(core, "id", where), *(_read_table(one, "coreid", where) for one in wanted)]


def _read_table(element: Element, key: str, where: str) -> TableLayout:
    location = _location(element, where)
    where = f"{where}, {location}"
    fields = element.findall(f"{_TEXT}field")
    joined = element.find(f"{_TEXT}{key}")
    return TableLayout(
        row_type=element.get("rowType", ""),
        location=location,
        encoding=_encoding(element, where),
        delimiter=_character(element, "fieldsTerminatedBy", ",", where),
        quote=_character(element, "fieldsEnclosedBy", '"', where),
        skipped=_number(element, "ignoreHeaderLines", where, "0"),
        key=None if joined is None else _number(joined, "index", where),
        columns={one.get("term", ""): _number(one, "index", where) for one in fields if "index" in one.attrib},
        constants={one.get("term", ""): one.get("default", "") for one in fields if one.get("default")},
    )


def _location(element: Element, where: str) -> str:
    found = [(one.text or "").strip() for one in element.iterfind(f"{_TEXT}files/{_TEXT}location")]
    if len(found) != 1:
        raise SourceError(f"{where} has a table that lies in {len(found)} files, expected the name of one")
    path = PurePosixPath(found[0])
    if not found[0] or path.is_absolute() or ".." in path.parts:
        raise SourceError(f"{where} names {found[0]!r}, which is no place of a table in the archive")
    return found[0]


def _encoding(element: Element, where: str) -> str:
    name = element.get("encoding") or "UTF-8"
    try:
        known = codecs.lookup(name).name
        " ".encode(known)  # some codecs are not of text
    except LookupError as error:
        raise SourceError(f"{where} has the encoding {name!r}, which is not known here; expected UTF-8") from error
    return "utf-8-sig" if known == "utf-8" else known


def _character(element: Element, attribute: str, default: str, where: str) -> str:
    text = element.get(attribute, default)
    for escape, meaning in _ESCAPES:
        text = text.replace(escape, meaning)
    if len(text) > 1 or (attribute == "fieldsTerminatedBy" and not text):
        raise SourceError(f"{where} has {attribute} {text!r}, expected one character")
    return text


def _number(element: Element, attribute: str, where: str, default: str = "") -> int:
    text = element.get(attribute) or default
    if not text.isdecimal():
        raise SourceError(f"{where} has {attribute} {text!r}, expected a number of 0 or more")
    return int(text)
