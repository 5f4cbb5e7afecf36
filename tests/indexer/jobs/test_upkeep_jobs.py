"""Jobs that look after collections: a further model, near copies, a backup; on a real data folder."""

from __future__ import annotations

import csv
import json
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import facies.core.store
from facies.core.jobs import Job
from facies.core.settings import Settings
from facies.core.workspace import open_workspace
from facies.indexer.backup import make_live_backup, restore_backup
from facies.indexer.further_models import fill_vector
from facies.indexer.jobs import backup_job, model_job
from facies.indexer.jobs.index_job import GRAPH_NOTE
from facies.indexer.jobs.kinds import KINDS
from tests.indexer.conftest import PixelEmbedder
from tests.indexer.jobs.conftest import House
from tests.indexer.test_further_models import GreyEmbedder

IMAGES = 9


class LiteEmbedder(GreyEmbedder):
    """The second network, under the name of a card."""

    name = "efficientnet-lite1"

    def __init__(self) -> None:
        super().__init__()
        made = self.fingerprint
        self.fingerprint = type(made)(self.name, *(getattr(made, one) for one in list(made.__slots__)[1:]))


class TwoEmbedders:
    """Gives the first network for one card, and the second for the other."""

    def __init__(self) -> None:
        self.second = LiteEmbedder()

    def get(self, card: str, *_: object, **__: object) -> Any:
        return self.second if card == "efficientnet-lite1" else PixelEmbedder()


@pytest.fixture
def networks() -> TwoEmbedders:
    return TwoEmbedders()


@pytest.fixture
def real(settings: Settings, make_house: Callable[..., House], networks: TwoEmbedders, tmp_path: Path) -> House:
    """Nine images in collection `k`, the last a copy of the first but for one pixel."""
    (tmp_path / "in" / "a").mkdir(parents=True)
    for number in range(IMAGES):
        pixels = np.random.default_rng(number % (IMAGES - 1)).integers(0, 256, (24, 24, 3), dtype=np.uint8)
        pixels[0, 0] = number
        Image.fromarray(pixels).save(tmp_path / "in" / "a" / f"{number}.png")
    house = make_house(settings, KINDS)
    house.workers(embedders=networks)
    made = done(house, "index", collection="k", path=str(tmp_path / "in"), labels="folder", model="efficientnet-lite0")
    assert made.result["indexed"] == IMAGES
    return house


def done(house: House, kind: str, **parameters: Any) -> Job:
    job = house.wait_for(house.order(kind, **parameters), timeout_s=60)
    assert job.state == "done", job.fault
    return job


def test_a_further_model_is_filled_then_made_the_default(real: House, networks: TwoEmbedders) -> None:
    job = done(real, "add-model", collection="k", model="efficientnet-lite1")
    assert (job.result["vector"], job.result["embedded"], job.result["lacking"]) == ("efficientnet-lite1", IMAGES, 0)
    assert job.result["is_default"] is False
    assert (job.progress.stage, job.progress.done, job.turn) == ("embedding", IMAGES, "collection:k")
    again = done(real, "add-model", collection="k", model="efficientnet-lite1", default=True)
    assert (again.result["embedded"], again.result["is_default"]) == (0, True)
    assert networks.second.embedded == IMAGES, "what has the vector is not embedded again"
    assert real.workspace.catalog.collection("k").default_vector.name == "efficientnet-lite1"
    assert real.workspace.catalog.label_counts("k") == {"a": IMAGES}


def test_a_model_with_gaps_does_not_become_the_default_and_names_them(real: House, tmp_path: Path) -> None:
    gone = tmp_path / "in" / "a" / "3.png"
    gone.unlink()
    job = done(real, "add-model", collection="k", model="efficientnet-lite1", default=True)
    assert (job.result["lacking"], job.result["is_default"]) == (1, False)
    assert [failure["path"] for failure in job.result["failures"]] == [str(gone)]
    assert any("3.png" in line.line for line in real.workspace.catalog.job_log(job.id) if line.level == "warning")
    assert any("not made the default" in note for note in job.result["notes"])


def test_a_stopped_addition_goes_on_where_it_was(
    real: House, networks: TwoEmbedders, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("facies.indexer.further_models._IDS_AT_ONCE", 2)
    prepare = networks.second.prepare
    stops: list[threading.Event] = []
    seen: list[object] = []

    def fill_and_tell(*given: Any, **more: Any) -> Any:
        stops.append(more["stop"])
        return fill_vector(*given, **more)

    def stop_at_third(image: Any) -> Any:
        seen.append(image)
        if len(seen) == 3:
            real.desk.cancel(order)
            assert stops[0].wait(30)
        return prepare(image)

    monkeypatch.setattr(model_job, "fill_vector", fill_and_tell)
    monkeypatch.setattr(networks.second, "prepare", stop_at_third)
    order = real.order("add-model", collection="k", model="efficientnet-lite1")
    stopped = real.wait_for(order, timeout_s=60)
    assert stopped.state == "cancelled"
    real.desk.retry(order)
    assert real.wait_for(order, "done", "failed", timeout_s=60).state == "done"
    assert real.workspace.store.count("k", lacking="efficientnet-lite1") == 0
    assert networks.second.embedded <= 2 * IMAGES - 1, "what was kept is not embedded again"


def test_an_addition_killed_behind_its_last_vector_has_the_graph_built_by_the_next(
    real: House, networks: TwoEmbedders, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> list[str]:
        raise ZeroDivisionError

    with monkeypatch.context() as patched:
        patched.setattr(model_job, "order_graph", die)
        order = real.order("add-model", collection="k", model="efficientnet-lite1", default=True)
        assert real.wait_for(order, timeout_s=60).state == "failed"
    monkeypatch.setattr(facies.core.store, "needs_optimizing", lambda *_: True)
    real.desk.retry(order)
    job = real.wait_for(order, "done", "failed", timeout_s=60)
    assert (job.state, job.result["embedded"], job.result["is_default"]) == ("done", 0, True)
    assert networks.second.embedded == IMAGES
    assert GRAPH_NOTE in job.result["notes"]
    (graph,) = real.workspace.catalog.jobs(kinds=["optimise"])
    assert real.wait_for(graph.id, timeout_s=120).state == "done"


def test_near_copies_are_written_as_json_and_as_a_table(real: House) -> None:
    job = done(real, "near-copies", collection="k", alike=0.999)
    assert (job.result["groups"], job.result["images"], job.result["differing"]) == (1, 2, 0)
    folder = real.desk.root / job.id / "results" / "1"
    told = json.loads((folder / "near-copies.json").read_text())
    paths = {record.id: record.uri for record in real.workspace.catalog.iter_images("k")}
    assert [Path(paths[one]).name for one in told["groups"][0]["ids"]] == ["0.png", "8.png"]
    rows = list(csv.DictReader((folder / "near-copies.csv").read_text().splitlines()))
    assert [(row["group"], Path(row["path"]).name, row["label"]) for row in rows] == [
        ("1", "0.png", "a"),
        ("1", "8.png", "a"),
    ]
    assert {file.name for file in job.files} == {"near-copies.json", "near-copies.csv"}


@pytest.mark.parametrize("into", ["results", "folder"])
def test_a_backup_of_a_running_service_is_restored_whole(real: House, tmp_path: Path, into: str) -> None:
    (tmp_path / "safe").mkdir()
    folder = {} if into == "results" else {"folder": str(tmp_path / "safe")}
    job = done(real, "backup", **folder)
    assert (job.result["collections"], job.result["images"]) == (1, IMAGES)
    if into == "results":
        (kept,) = job.files
        assert kept.name == job.result["file"]
        file = real.desk.root / job.id / "results" / "1" / kept.name
    else:
        (file,) = (tmp_path / "safe").iterdir()
        assert (str(file), job.files) == (job.result["file"], ())
    restored = Settings(data_dir=tmp_path / "new")
    report = restore_backup(restored, file)
    assert [(one.name, one.images, one.points) for one in report.collections] == [("k", IMAGES, IMAGES)]
    with open_workspace(restored) as opened:
        for record in real.workspace.catalog.iter_images("k"):
            there = opened.store.get("k", [record.id])[record.id].vectors
            for name, row in real.workspace.store.get("k", [record.id])[record.id].vectors.items():
                np.testing.assert_array_equal(there[name], row)
        assert opened.catalog.label_counts("k") == {"a": IMAGES}


def test_a_backup_goes_nowhere_but_into_a_folder_that_is_allowed(real: House, tmp_path: Path) -> None:
    (tmp_path / "safe").mkdir()
    for folder, code in ((tmp_path / "safe", "AccessError"), (tmp_path / "in" / "none", "SourceError")):
        order = real.order("backup", folder=str(folder), within=[str(tmp_path / "in")])
        job = real.wait_for(order, timeout_s=60)
        assert job.state == "failed"
        assert job.fault is not None
        assert job.fault.code == code
    assert not any((tmp_path / "safe").iterdir())


def test_a_backup_replaces_what_its_killed_attempts_left(
    real: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    safe = tmp_path / "safe"
    safe.mkdir()
    (safe / ".facies-of-others.tar.zst.part-1").touch()

    def die_behind_the_last_byte(*given: Any, **more: Any) -> Any:
        target: Path = given[2]
        make_live_backup(*given, **more)
        (safe / f".{target.name}.part-1").write_bytes(b"half")
        (safe / f".{target.name}.part-1.scratch" / "vectors").mkdir(parents=True)
        raise ZeroDivisionError

    monkeypatch.setattr(backup_job, "make_live_backup", die_behind_the_last_byte)
    order = real.order("backup", folder=str(safe))
    assert real.wait_for(order, "failed", "done", timeout_s=60).state == "failed"
    monkeypatch.undo()
    real.desk.retry(order)
    job = real.wait_for(order, "failed", "done", timeout_s=60)
    assert job.state == "done", job.fault
    file = Path(job.result["file"])
    assert {path.name for path in safe.iterdir()} == {file.name, ".facies-of-others.tar.zst.part-1"}
    assert file.stat().st_size == job.result["file_bytes"]


def test_a_stopped_backup_leaves_nothing_behind(real: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "safe").mkdir()

    def stop_in_the_middle(*given: Any, **more: Any) -> Any:
        real.desk.cancel(order)
        tell = more["on_member"]

        def told(members: int, size: int) -> None:
            while True:  # until the wish to stop is heard
                tell(members, size)

        return make_live_backup(*given, **{**more, "on_member": told})

    monkeypatch.setattr(backup_job, "make_live_backup", stop_in_the_middle)
    order = real.order("backup", folder=str(tmp_path / "safe"))
    assert real.wait_for(order, "cancelled", "failed", "done", timeout_s=60).state == "cancelled"
    assert not any((tmp_path / "safe").iterdir())
    shutil.rmtree(tmp_path / "safe")
