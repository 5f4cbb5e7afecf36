"""Labels in files and range charts over HTTP, on a real service with real images."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx
import pytest
from defusedxml.ElementTree import fromstring

from facies.api.service import Service
from facies.core.records import Label, LabelBatch
from facies.core.wire_label_files import REPORT_HEADER
from facies.indexer.exchange.labels.collecting import collect_rows
from facies.indexer.labelling.giving import give_labels, undo_labels
from facies.indexer.pipeline import index_source
from facies.indexer.sources import open_source

from .conftest import CARD, serving

BASE = "/v1/collections/g"


@pytest.fixture
def charted(service: Service, small: Path) -> Service:
    """Six images at depths of two wells, five of them labelled, one of these automatically."""
    lines = ["path,label,depth_m,well"]
    for number, path in enumerate(sorted(small.rglob("*.png"))):
        label = "" if number > 3 else ("a", "b")[number % 2]
        lines.append(f"{path.relative_to(small)},{label},{1200 + 7 * number},w{number // 3}")
    (small / "m.csv").write_text("\n".join(lines))
    source = open_source(str(small / "m.csv"), labels="manifest")
    index_source(service.workspace, service.embedders.get(CARD), "g", source)
    free = next(one.id for one in service.workspace.catalog.iter_images("g") if one.label is None)
    auto = LabelBatch("votes", "auto", provenance={"model": CARD, "k": 15})
    give_labels(service.workspace, "g", {free: Label("a", "predicted", 0.8, note="x,y")}, auto)
    return service


@pytest.fixture
def files(charted: Service) -> Iterator[httpx.Client]:
    with serving(charted) as client:
        yield client


def undo_all(service: Service) -> None:
    for batch in service.workspace.catalog.label_batches("g"):
        if batch.in_effect and batch.undoes is None:
            undo_labels(service.workspace, "g", batch.number, LabelBatch("undo", "test"))


@pytest.mark.parametrize(
    ("name", "suffix", "media_type"),
    [
        ("csv", ".csv", "text/csv"),
        ("parquet", ".parquet", "application/vnd.apache.parquet"),
        ("coco", ".json", "application/json"),
        ("ecotaxa", ".zip", "application/zip"),
        ("darwin-core", ".zip", "application/zip"),
    ],
)
def test_a_download_comes_back(
    *, files: httpx.Client, charted: Service, name: str, suffix: str, media_type: str
) -> None:
    before = [(row.image_id, row.label, row.state, row.note, row.actor) for row in collect_rows(charted.workspace, "g")]
    answer = files.get(f"{BASE}/labels/export", params={"format": name})
    assert answer.status_code == 200
    assert answer.headers["content-type"].partition(";")[0] == media_type
    assert f'filename="g{suffix}"' in answer.headers["content-disposition"]
    report = json.loads(unquote(answer.headers[REPORT_HEADER]))
    assert (report["rows"], report["labelled"], report["file"]) == (6, 5, f"g{suffix}")

    undo_all(charted)
    sent = {"file": (f"labels{suffix}", answer.content)}
    preview = files.post(f"{BASE}/labels/import", files=sent).json()
    assert (preview["labels"], preview["applied"], preview["batch"]) == (5, False, None)
    assert all(row.label is None for row in collect_rows(charted.workspace, "g"))
    applied = files.post(
        f"{BASE}/labels/import", files=sent, data={"apply": "true"}, headers={"X-Facies-User": "Ben"}
    ).json()
    assert (applied["labels"], applied["problems"], applied["file"]) == (5, [], f"labels{suffix}")
    batch = charted.workspace.catalog.label_batch("g", applied["batch"])
    assert (batch.actor, batch.provenance["file"]) == ("Ben", f"labels{suffix}")
    after = [(row.image_id, row.label, row.state, row.note, row.actor) for row in collect_rows(charted.workspace, "g")]
    assert after == before


def test_a_download_can_be_part_of_the_labels(files: httpx.Client) -> None:
    where = json.dumps({"field": "well", "equals": "w0"})
    params: dict[str, Any] = {"format": "csv", "state": ["validated", "dubious"], "where": where}
    rows = list(csv.DictReader(io.StringIO(files.get(f"{BASE}/labels/export", params=params).text)))
    assert [(row["well"], row["state"]) for row in rows] == [("w0", "validated")] * 3
    table = files.get(f"{BASE}/labels/export", params={"format": "ecotaxa", "table": "true"})
    assert table.text.startswith("img_file_name\t")


def test_a_range_chart_in_three_forms(files: httpx.Client) -> None:
    params = {"field": "depth_m", "bin": "10", "group": "well"}
    chart = files.get(f"{BASE}/range-chart", params=params).json()
    assert chart["taxa"] == ["a", "b"]
    assert [(one["group"], one["top"], one["images"]) for one in chart["samples"]] == [
        ("w0", 1200, 2),
        ("w0", 1210, 1),
        ("w1", 1220, 2),
        ("w1", 1230, 1),
    ]
    counts = [count for one in chart["samples"] for count in one["counts"]]
    assert sum(count["validated"] for count in counts) == 4
    (automatic,) = [count for count in counts if count["automatic"]]
    assert (automatic["taxon"], automatic["automatic_right"]) == ("a", 0.8)
    assert (automatic["automatic_right_low"], automatic["automatic_right_high"]) == (0, 1)

    table = files.get(f"{BASE}/range-chart", params=params | {"format": "csv"})
    assert table.headers["content-type"].startswith("text/csv")
    assert (
        len(list(csv.DictReader(io.StringIO(table.text)))) == len(counts) + 1
    )  # a sample with no label has a row, too
    picture = files.get(f"{BASE}/range-chart", params=params | {"format": "svg"})
    assert picture.headers["content-type"].startswith("image/svg+xml")
    assert fromstring(picture.content).tag == "{http://www.w3.org/2000/svg}svg"


@pytest.mark.parametrize(
    ("path", "params", "status", "said"),
    [
        ("/labels/export", {"format": "xml"}, 422, "format"),
        ("/labels/export", {"format": "image-folder"}, 422, "format"),
        ("/labels/export", {"format": "csv", "state": "sure"}, 422, "state"),
        ("/labels/export", {"format": "csv", "where": "{"}, 422, "where is not JSON"),
        ("/labels/export", {"format": "csv", "where": "[]"}, 422, "where is list"),
        ("/labels/export", {"format": "csv", "where": '{"field": "deep", "equals": 1}'}, 422, "no field 'deep'"),
        ("/labels/export", {"format": "csv", "depth": "well"}, 422, "holds text"),
        ("/labels/export", {"format": "coco", "pictures": "true"}, 422, "no room for the images"),
        ("/range-chart", {}, 422, "field"),
        ("/range-chart", {"field": "deep"}, 422, "no field 'deep'; it has depth_m, well"),
        ("/range-chart", {"field": "well"}, 422, "holds text"),
        ("/range-chart", {"field": "depth_m", "bin": "0"}, 422, "expected more than 0"),
        ("/range-chart", {"field": "depth_m", "bin": "nan"}, 422, "expected more than 0"),
        ("/range-chart", {"field": "depth_m", "group": "slide"}, 422, "no field 'slide'"),
    ],
)
def test_what_makes_no_sense_is_said(
    *, files: httpx.Client, path: str, params: dict[str, str], status: int, said: str
) -> None:
    answer = files.get(BASE + path, params=params)
    assert answer.status_code == status
    assert said in answer.json()["detail"]


def test_files_that_are_none_of_labels_are_refused(files: httpx.Client) -> None:
    for name, data, said in (
        ("l.csv", b"", "is empty"),
        ("l.csv", b"a,b\n", "no column 'label'"),
        ("l.csv", b"\xff\xfe\x00", "not UTF-8"),
        ("l.zip", b"PK", "as a zip file"),
        ("../../l.exe", b"MZ", "no suffix that tells its format"),
    ):
        answer = files.post(f"{BASE}/labels/import", files={"file": (name, data)}, data={"apply": "true"})
        assert (answer.status_code, answer.json()["code"]) == (422, "SourceError")
        assert said in answer.json()["detail"]
    assert files.get("/v1/collections/none/labels/export", params={"format": "csv"}).status_code == 404
    missing = files.post("/v1/collections/none/labels/import", files={"file": ("l.csv", b"file,label\na,b\n")})
    assert missing.status_code == 404


def test_nothing_of_a_download_or_upload_stays(
    files: httpx.Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    files.get(f"{BASE}/labels/export", params={"format": "ecotaxa", "pictures": "true"}).raise_for_status()
    files.get(f"{BASE}/labels/export", params={"format": "csv", "depth": "none"})
    files.post(f"{BASE}/labels/import", files={"file": ("l.csv", b"file,label\na.png,b\n")}).raise_for_status()
    assert list((tmp_path / "temporary").iterdir()) == []
