"""Segmentation through the real server: strokes go in with the order, a mask, tables and curves come out."""

from __future__ import annotations

import hashlib
import io
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from facies.api.service import Service
from facies.core.client import Client
from facies.core.errors import AccessError, JobFileError, JobNotFoundError, JobParametersError, QueryError
from facies.core.wire_jobs import JobBody, JobOut
from facies.indexer.segmentation.generated_cores import generate_core
from facies.indexer.segmentation.generated_files import write_scene

from .conftest import over, serving, until

HEIGHT, WIDTH = 160, 96


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("drawn")
    write_scene(generate_core(5, height=HEIGHT, width=WIDTH, classes=3), folder)
    return folder


@pytest.fixture
def client(working: Service) -> Iterator[Client]:
    with serving(working) as http, Client(str(http.base_url), user="Ann") as opened:
        yield opened


def start(client: Client, *files: Path, **parameters: Any) -> JobOut:
    return client.jobs.start(JobBody(kind="segment", parameters=parameters), list(files))


def train(client: Client, drawn: Path, **parameters: Any) -> JobOut:
    strokes = json.loads((drawn / "strokes.json").read_text())
    given = {"action": "train", "image": "upload:image.png", "labels": strokes, "trees": 10, "validate": False}
    return start(client, drawn / "image.png", **{**given, **parameters})


def fetch(client: Client, job: JobOut, name: str) -> bytes:
    (file,) = (one for one in job.files if one.name == name)
    target = io.BytesIO()
    client.jobs.download(file, target)
    assert hashlib.sha256(target.getvalue()).hexdigest() == file.sha256
    return target.getvalue()


def test_strokes_become_a_model_and_the_model_a_core_by_depth(client: Client, working: Service, drawn: Path) -> None:
    model = over(working, train(client, drawn))
    assert model.state == "done", model.error
    assert (model.needs, model.collection, model.actor) == ("any", None, "Ann")
    core = over(
        working,
        start(
            client,
            drawn / "image.png",
            action="apply",
            model=f"job:{model.id}/model.facies-seg",
            sections=[{"image": "upload:image.png", "top_m": 1200.0, "base_m": 1201.0}],
            well="A-1",
        ),
    )
    assert core.state == "done", core.error
    mask = np.asarray(Image.open(io.BytesIO(fetch(client, core, "sections/image/mask.png"))))
    truth = np.asarray(Image.open(drawn / "truth.png"))
    assert mask.shape == truth.shape == (HEIGHT, WIDTH)
    assert (mask == truth).mean() > 0.6
    assert b"WELL." in fetch(client, core, "core.las")
    assert fetch(client, core, "fractions.csv").count(b"\n") == HEIGHT + 1
    assert json.loads(fetch(client, core, "report.json")) == core.result
    for file in core.files:
        fetch(client, core, file.name)


def test_a_mistake_is_told_when_the_job_is_ordered(client: Client, drawn: Path, tmp_path: Path) -> None:
    with pytest.raises(JobParametersError, match="give either image or sections"):
        start(client, action="apply", model="job:0123456789ab/model.facies-seg")
    apply = {"action": "apply", "image": "upload:image.png"}
    with pytest.raises(JobNotFoundError):
        start(client, drawn / "image.png", **apply, model="job:0123456789ab/model.facies-seg")
    with pytest.raises(AccessError):
        start(client, drawn / "image.png", **apply, model=str(tmp_path / "model.facies-seg"))
    with pytest.raises(QueryError, match="no file of this name came"):
        start(client, **apply, model="upload:model.facies-seg")
    job = start(client, action="generate")
    with pytest.raises(JobFileError, match="is not there"):
        start(client, drawn / "image.png", **apply, model=f"job:{job.id}/model.facies-seg")


def test_nothing_is_read_outside_of_the_roots_whatever_the_order_says(
    client: Client, working: Service, drawn: Path, tmp_path: Path
) -> None:
    model = over(working, train(client, drawn))
    listed = tmp_path / "core.csv"
    listed.write_text(f"image,top_m,base_m\n{drawn / 'image.png'},1,2\n")
    given = {"action": "apply", "model": f"job:{model.id}/model.facies-seg", "sections": "upload:core.csv"}
    job = over(working, start(client, listed, **given, within=["/"]))
    assert job.error is not None
    assert job.error.code == "AccessError"


def test_cancelling_ends_a_core_within_seconds(client: Client, working: Service, drawn: Path, tmp_path: Path) -> None:
    model = over(working, train(client, drawn))
    image = np.asarray(Image.open(drawn / "image.png"))
    paths = [tmp_path / f"{at}.png" for at in range(40)]
    for at, path in enumerate(paths):
        Image.fromarray(np.roll(image, at, axis=0)).save(path)
    job = start(
        client,
        *paths,
        action="apply",
        model=f"job:{model.id}/model.facies-seg",
        sections=[{"image": f"upload:{one.name}", "top_m": at, "base_m": at + 1} for at, one in enumerate(paths)],
    )
    deadline = time.monotonic() + 60
    while not client.jobs.get(job.id).stage.startswith("naming"):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    client.jobs.cancel(job.id)
    ended = until(working, job, "cancelled", "done", "failed")
    assert ended.state == "cancelled"
    assert [file for file in ended.files if file.role == "result"] == []
