"""One job from strokes to a named core: model, mask and places are those that three jobs give."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from facies.core.errors import JobParametersError
from facies.core.jobs import Job
from facies.core.settings import JobSettings, Settings
from facies.core.workspace import open_workspace
from facies.indexer.jobs.desk import JobDesk, jobs_dir
from facies.indexer.jobs.folders import find_file
from facies.indexer.jobs.queue import open_queue
from facies.indexer.segmentation import job_whole
from facies.indexer.segmentation.generated_cores import generate_core
from facies.indexer.segmentation.generated_files import write_scene
from facies.indexer.segmentation.generated_macerals import generate_macerals
from facies.indexer.segmentation.job_files import MODEL, SUGGESTIONS, TRAINING
from tests.indexer.jobs.conftest import House

QUICK: dict[str, Any] = {"trees": 10, "validate": False, "rock": "all"}


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("drawn")
    write_scene(generate_core(5, height=480, width=160, classes=3, strokes_per_class=2), folder)
    second = np.roll(np.asarray(Image.open(folder / "image.png")), 11, axis=0)
    Image.fromarray(second).save(folder / "second.png")
    return folder


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    settings = Settings(data_dir=tmp_path / "data", jobs=JobSettings(heartbeat_s=0.1, stall_s=30, max_attempts=3))
    with open_workspace(settings) as workspace, closing(open_queue(settings)) as queue:
        made = House(settings, workspace, queue, JobDesk(workspace.catalog, queue, jobs_dir(settings), max_attempts=3))
        try:
            yield made
        finally:
            for workers in made.opened:
                workers.close()


def done(house: House, inputs: Sequence[Path], **parameters: Any) -> Job:
    files = [(path.name, io.BytesIO(path.read_bytes())) for path in inputs]
    job = house.desk.order("segment", parameters, actor="Ann", inputs=files)
    house.workers(0).run_next()
    return house.job(job.id)


def result(house: House, job: Job, name: str) -> Path:
    return find_file(house.desk.root, job, name)[1]


def test_one_job_gives_what_three_give(house: House, drawn: Path) -> None:
    strokes = json.loads((drawn / "strokes.json").read_text())
    pictures = [
        {"image": "upload:image.png", "labels": strokes, "top_m": 100, "base_m": 101},
        {"image": "upload:second.png", "top_m": 101, "base_m": 102},
    ]
    images = [drawn / "image.png", drawn / "second.png"]
    whole = done(house, images, action="whole", pictures=pictures, count=2, well="A-1", **QUICK)
    assert whole.state == "done", whole.fault
    assert isinstance(whole.parameters["pictures"][0]["labels"], str)
    files = {file.name for file in whole.files if file.role == "result"}
    assert files >= {MODEL, TRAINING, SUGGESTIONS, "fractions_by_depth.csv", "core.las", "sections/image/mask.png"}
    assert [one["image"] for one in whole.result["sections"]] == ["image.png", "second.png"]
    assert whole.result["training"]["model"] == MODEL
    (found,) = whole.result["suggestions"]
    assert found["sha256"] == whole.result["sections"][0]["sha256"]
    assert len(found["suggestions"]) == 2

    trained = done(
        house, images[:1], action="train", image="upload:image.png", labels=strokes, trees=10, validate=False
    )
    model = f"job:{trained.id}/{MODEL}"
    applied = done(house, images[:1], action="apply", model=model, image="upload:image.png", rock="all")
    mask = "sections/image/mask.png"
    assert result(house, whole, mask).read_bytes() == result(house, applied, "mask.png").read_bytes()
    asked = {"labels": strokes, "count": 2, "rock": "all", "top_m": 100, "base_m": 101}
    suggested = done(house, images[:1], action="suggest", model=model, image="upload:image.png", **asked)
    assert found["suggestions"] == suggested.result["suggestions"]


def test_macerals_are_measured(house: House, tmp_path: Path) -> None:
    write_scene(generate_macerals(3), tmp_path)
    strokes = json.loads((tmp_path / "strokes.json").read_text())
    given = {"action": "whole", "task": "macerals", "um_per_px": 0.5, "count": 0, "background": 0}
    pictures = [{"image": "upload:image.png", "labels": strokes}]
    job = done(house, [tmp_path / "image.png"], pictures=pictures, **given, **QUICK)
    assert job.state == "done", job.fault
    assert {"macerals.csv", "regions.csv", MODEL} <= {file.name for file in job.files}
    assert job.result["suggestions"] == []
    assert any(one["area_um2"] > 0 for one in job.result["macerals"])


def test_a_second_attempt_does_not_train_again(house: House, drawn: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise RuntimeError("the lights went out")

    pictures = [{"image": "upload:image.png", "labels": json.loads((drawn / "strokes.json").read_text())}]
    with monkeypatch.context() as patched:
        patched.setattr(job_whole, "_suggest", refuse)
        job = done(house, [drawn / "image.png"], action="whole", pictures=pictures, **QUICK)
    assert job.state == "failed"
    house.desk.retry(job.id)
    monkeypatch.setattr("facies.indexer.segmentation.training.train", refuse)
    house.workers(0).run_next()
    again = house.job(job.id)
    assert again.state == "done", again.fault
    assert again.result["sections_kept"] == 1


@pytest.mark.parametrize(
    ("pictures", "message"),
    [
        ([{"image": "upload:a.png"}], "no picture has labels"),
        ([{"image": "upload:a.png", "labels": "a.json"}, {"image": "upload:b.png"}], "need depths each"),
        ([{"image": "upload:a.png", "labels": {"strokes": []}}], "draw|Draw"),
        ([{"image": "upload:a.png", "labels": "a.json", "base_m": 3}], "base_m is given without top_m"),
    ],
)
def test_what_makes_no_sense_is_refused_when_it_is_ordered(
    house: House, pictures: list[dict[str, Any]], message: str
) -> None:
    with pytest.raises(JobParametersError, match=message):
        house.desk.order("segment", {"action": "whole", "pictures": pictures}, actor="Ann")
