"""What the client sends for labels in files, and what it makes of the answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

from facies.core.client import Client
from facies.core.errors import (
    CollectionNotFoundError,
    QueryError,
    ServiceUnavailableError,
    SourceError,
    StorageError,
)
from facies.core.wire import Problem
from facies.core.wire_label_files import (
    REPORT_HEADER,
    LabelExportBody,
    LabelExportOut,
    LabelImportBody,
    RangeChartBody,
)

REPORT = LabelExportOut(
    collection="g",
    file="g.csv",
    format="csv",
    rows=2,
    labelled=1,
    pictures=0,
    left_out=[],
    left_out_count=0,
    notes=["é"],
    seconds=0.1,
)


def client(answer: Callable[[httpx.Request], httpx.Response]) -> Client:
    return Client("http://test", transport=httpx.MockTransport(answer))


def test_an_export_is_kept_as_a_file(tmp_path: Path) -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, content=b"a,b\n", headers={REPORT_HEADER: quote(REPORT.model_dump_json())})

    where = {"field": "well", "equals": "6407/6-5"}
    body = LabelExportBody(format="csv", states=["validated", "dubious"], where=where, depth="d", pictures=True)
    with client(answer) as opened:
        report = opened.label_files.export("a b", tmp_path / "l.csv", body)
    assert (tmp_path / "l.csv").read_bytes() == b"a,b\n"
    assert report == REPORT.model_copy(update={"file": str(tmp_path / "l.csv")})
    assert asked[0].url.raw_path.startswith(b"/v1/collections/a%20b/labels/export?")
    params = asked[0].url.params
    assert params.get_list("state") == ["validated", "dubious"]
    assert json.loads(params["where"]) == where
    assert (params["format"], params["depth"], params["pictures"], params["table"]) == ("csv", "d", "true", "false")


def test_an_error_of_the_service_comes_as_its_class(tmp_path: Path) -> None:
    problem = Problem(title="x", status=404, detail="there is none", code="CollectionNotFoundError")
    with (
        client(lambda _: httpx.Response(404, content=problem.model_dump_json())) as opened,
        pytest.raises(CollectionNotFoundError, match="there is none"),
    ):
        opened.label_files.export("g", tmp_path / "l.csv", LabelExportBody(format="csv"))


def test_an_answer_without_its_report_is_not_of_this_version(tmp_path: Path) -> None:
    with (
        client(lambda _: httpx.Response(200, content=b"x")) as opened,
        pytest.raises(ServiceUnavailableError, match="this version"),
    ):
        opened.label_files.export("g", tmp_path / "l.csv", LabelExportBody(format="csv"))


def test_no_service_is_said_so(tmp_path: Path) -> None:
    def refuse(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    with client(refuse) as opened, pytest.raises(ServiceUnavailableError, match="refused"):
        opened.label_files.export("g", tmp_path / "l.csv", LabelExportBody(format="csv"))


def test_what_a_service_cannot_do_is_said_before_anything_is_sent(tmp_path: Path) -> None:
    def refuse(_: httpx.Request) -> httpx.Response:
        raise AssertionError

    with client(refuse) as opened:
        files = opened.label_files
        with pytest.raises(QueryError, match="written where the data is"):
            files.export("g", tmp_path / "folder", LabelExportBody(format="image-folder"))
        with pytest.raises(SourceError, match="is a folder"):
            files.import_("g", tmp_path, LabelImportBody())
        with pytest.raises(SourceError, match="cannot read"):
            files.import_("g", tmp_path / "none.csv", LabelImportBody())
        with pytest.raises(StorageError, match="cannot write"):
            files.export("g", tmp_path / "none" / "l.csv", LabelExportBody(format="csv"))


def test_a_chart_is_asked_for_by_its_parameters() -> None:
    asked: list[httpx.URL] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url)
        return httpx.Response(200, text="group,top\n")

    with client(answer) as opened:
        body = RangeChartBody(field="depth_m", bin=2.5, group="well")
        assert opened.label_files.range_chart_text("g", body, "csv") == "group,top\n"
    assert dict(asked[0].params) == {"field": "depth_m", "bin": "2.5", "group": "well", "format": "csv"}
