"""The methods of `facies.core.label_files_client.LabelFilesClient`, on data that this process has open."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Protocol

from facies.api.label_files import count_by_depth, export_to, import_from, write_chart
from facies.api.service import Service
from facies.core.actors import local_actor
from facies.core.wire_label_files import (
    LabelExportBody,
    LabelExportOut,
    LabelImportBody,
    LabelImportOut,
    RangeChartBody,
    RangeChartOut,
)


class LabelFiles(Protocol):
    """Labels to files of other tools and back, and range charts."""

    def export(self, name: str, target: Path, body: LabelExportBody) -> LabelExportOut:
        """Write labels to a new file, or a new folder."""

    def import_(self, name: str, path: Path, body: LabelImportBody) -> LabelImportOut:
        """Read labels from a file, to be looked at or to be given."""

    def range_chart(self, name: str, body: RangeChartBody) -> RangeChartOut:
        """Count the images of a collection by taxon and depth."""

    def range_chart_text(self, name: str, body: RangeChartBody, kind: Literal["csv", "svg"]) -> str:
        """The same as a table or as a picture."""


class LocalLabelFiles:
    """`LabelFiles` without HTTP."""

    def __init__(self, service: Service) -> None:
        """Take the open parts."""
        self._service = service

    def export(self, name: str, target: Path, body: LabelExportBody) -> LabelExportOut:
        """Write labels to a new file, or a new folder."""
        return export_to(self._service, name, target, body)

    def import_(self, name: str, path: Path, body: LabelImportBody) -> LabelImportOut:
        """Read labels from a file, to be looked at or to be given."""
        return import_from(self._service, name, path, body, local_actor(self._service.settings.user))

    def range_chart(self, name: str, body: RangeChartBody) -> RangeChartOut:
        """Count the images of a collection by taxon and depth."""
        return count_by_depth(self._service, name, body)

    def range_chart_text(self, name: str, body: RangeChartBody, kind: Literal["csv", "svg"]) -> str:
        """The same as a table or as a picture."""
        return write_chart(self._service, name, body, kind)
