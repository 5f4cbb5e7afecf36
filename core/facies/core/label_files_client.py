"""The part of the HTTP client that has to do with labels in files, and with range charts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import unquote

from pydantic import ValidationError

from facies.core.errors import QueryError, ServiceUnavailableError, SourceError, StorageError
from facies.core.wire_label_files import (
    REPORT_HEADER,
    LabelExportBody,
    LabelExportOut,
    LabelImportBody,
    LabelImportOut,
    RangeChartBody,
    RangeChartOut,
)

if TYPE_CHECKING:
    from facies.core.client import Client


class LabelFilesClient:
    """Labels to files of other tools and back, through a service."""

    def __init__(self, client: Client) -> None:
        """Take the connection."""
        self._client = client

    def export(self, name: str, target: Path, body: LabelExportBody) -> LabelExportOut:
        """Have labels written by the service, and keep what it sends as a file.

        Args:
            name: of the collection.
            target: the file; what is there is overwritten.
            body: which labels, and how.

        Raises:
            QueryError: an image folder, which names files of the service's own machine.
            StorageError: the file cannot be written.
        """
        if body.format == "image-folder":
            raise QueryError(
                "an image folder holds copies of files, or links to them, so it is written where the data is: run this "
                "command there without --api, or take ecotaxa with the images"
            )
        params = _params(body) | {"table": str(target.name.endswith(".tsv")).lower()}
        try:
            with target.open("wb") as out:
                headers = self._client.download(f"{self._labels(name)}/export", out, params=params)
        except OSError as error:
            raise StorageError(target, error.strerror or str(error)) from error
        try:
            report = LabelExportOut.model_validate_json(unquote(headers.get(REPORT_HEADER, "")))
        except ValidationError as error:
            raise ServiceUnavailableError(
                self._client.base_url, "its answer is not that of this version of facies"
            ) from error
        return report.model_copy(update={"file": str(target.absolute())})

    def import_(self, name: str, path: Path, body: LabelImportBody) -> LabelImportOut:
        """Send a file of labels, to be looked at or to be given.

        Raises:
            SourceError: it cannot be read, or is a folder.
        """
        if path.is_dir():
            raise SourceError(
                f"{path} is a folder, and a service takes files: run this command without --api where the data is, or "
                "give the folder's metadata.csv"
            )
        form = {key: str(value) for key, value in body.model_dump(exclude_defaults=True).items()}
        try:
            with path.open("rb") as stream:
                files = {"file": (path.name, stream)}
                return self._client.read(LabelImportOut, "POST", f"{self._labels(name)}/import", data=form, files=files)
        except OSError as error:
            raise SourceError(f"cannot read {path}: {error.strerror or error}") from error

    def range_chart(self, name: str, body: RangeChartBody) -> RangeChartOut:
        """Count the images of a collection by taxon and depth."""
        return self._client.read(RangeChartOut, "GET", self._chart(name), params=_params(body))

    def range_chart_text(self, name: str, body: RangeChartBody, kind: Literal["csv", "svg"]) -> str:
        """The same as a table or as a picture."""
        return self._client.send("GET", self._chart(name), params=_params(body) | {"format": kind}).text

    def _labels(self, name: str) -> str:
        return f"{self._client.collection_path(name)}/labels"

    def _chart(self, name: str) -> str:
        return f"{self._client.collection_path(name)}/range-chart"


def _params(body: LabelExportBody | RangeChartBody) -> dict[str, str | list[str]]:
    """Query parameters: filters as JSON, the others as they are."""
    params: dict[str, str | list[str]] = {}
    for key, value in body.model_dump(mode="json", exclude_defaults=True).items():
        if key == "where":
            params[key] = json.dumps(value)
        elif key == "states":
            params["state"] = list(value)
        else:
            params[key] = str(value).lower() if isinstance(value, bool) else str(value)
    return params
