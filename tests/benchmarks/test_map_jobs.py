from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.map_jobs import check_map
from facies.core.jobs import Job
from facies.core.maps import MapFacts, MapPoints, pack_ids
from facies.core.records import Fingerprint, VectorRecord
from facies.core.settings import Settings
from facies.indexer.jobs.desk import JobDesk
from facies.indexer.jobs.folders import folder_of
from facies.indexer.maps.layouts import NEIGHBOURS
from tests.map_jobs import kept_neighbours, order_map
from tests.worker_process import open_desk

VECTOR = VectorRecord("drawn", 2, Fingerprint("drawn", "00", "none", "one view", "numpy", "f32"))
IDS = [f"00000000-0000-0000-0000-{n:012x}" for n in range(3)]


def end_in_second_attempt(desk: JobDesk, maps: int) -> Job:
    desk.catalog.create_collection("c", "generic", [VECTOR])
    order_map(desk, "c")
    assert desk.catalog.claim_job("a") is not None
    desk.catalog.take_back_jobs_of("a")
    again = desk.catalog.claim_job("b")
    assert again is not None
    facts = MapFacts("drawn", "d", "umap", 3, parameters={"run": again.id})
    for _ in range(maps):
        desk.catalog.add_map("c", facts, MapPoints(pack_ids(IDS), np.zeros((3, 2), dtype=np.float32)))
    find_neighbours_again(desk, again)
    return desk.catalog.finish_job(again.lease, "done", result={})


def find_neighbours_again(desk: JobDesk, job: Job) -> None:
    folder = folder_of(desk.root, job).checkpoints
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "new").write_bytes(b"")
    (folder / "new").replace(folder / NEIGHBOURS)


def test_a_map_is_only_right_when_it_is_one_of_all_images_and_began_where_it_was(tmp_path: Path) -> None:
    with open_desk(Settings(data_dir=tmp_path)) as desk:
        job = end_in_second_attempt(desk, 1)
        kept = kept_neighbours(desk, job.id)
        assert check_map(desk, job.id, kept, 3).state == "done"
        with pytest.raises(SystemExit, match=r"maps of \[3\] of 4 images"):
            check_map(desk, job.id, kept, 4)
        find_neighbours_again(desk, job)
        with pytest.raises(SystemExit, match="found again: True"):
            check_map(desk, job.id, kept, 3)


def test_two_maps_of_one_job_are_one_too_many(tmp_path: Path) -> None:
    with open_desk(Settings(data_dir=tmp_path)) as desk:
        job = end_in_second_attempt(desk, 2)
        with pytest.raises(SystemExit, match=r"maps of \[3, 3\]"):
            check_map(desk, job.id, kept_neighbours(desk, job.id), 3)
