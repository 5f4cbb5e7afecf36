"""Darwin Core Archives, made in the test."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping

import pytest

MakeArchive = Callable[[Mapping[str, str | bytes]], bytes]

TERMS = "http://rs.tdwg.org/dwc/terms/"
META = f"""<?xml version="1.0" encoding="UTF-8"?>
<archive xmlns="http://rs.tdwg.org/dwc/text/" metadata="eml.xml">
  <core encoding="UTF-8" fieldsTerminatedBy="\\t" linesTerminatedBy="\\n" fieldsEnclosedBy="" ignoreHeaderLines="1"
        rowType="{TERMS}Taxon">
    <files><location>taxon.txt</location></files>
    <id index="0"/>
    <field index="1" term="{TERMS}scientificName"/>
    <field index="2" term="{TERMS}taxonRank"/>
    <field index="3" term="{TERMS}parentNameUsageID"/>
    <field index="4" term="{TERMS}acceptedNameUsageID"/>
    <field term="{TERMS}taxonomicStatus" default=""/>
  </core>
</archive>
"""
TABLE = (
    "id\tname\trank\tparent\taccepted\n"
    "1\tPeridiniales\torder\t\t\n"
    '2\t"Wetzeliella\tgenus\t1\t2\n'
    "\n"
    "3\tWetzelia\tgenus\t1\t2\n"
)


@pytest.fixture
def make_archive() -> MakeArchive:
    def make(members: Mapping[str, str | bytes]) -> bytes:
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in members.items():
                archive.writestr(name, content)
        return stream.getvalue()

    return make
