"""kill -9 of a real service while a map is laid out: the job ends once, with one map, from the neighbours it had."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.map_jobs import check_map
from facies.core.settings import load_settings
from tests.map_jobs import kept_neighbours, maps_of, order_map, wait_for_layout
from tests.worker_process import ServiceProcess, draw_images, open_desk, order_index, wait_for

IMAGES = 40
HURRY = {"FACIES_JOBS__WORKERS": "1", "FACIES_JOBS__HEARTBEAT_S": "0.5", "FACIES_API__PORT": "0"}


def test_kill_9_of_the_service_while_a_map_is_laid_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in HURRY.items():
        monkeypatch.setenv(name, value)
    settings = load_settings()
    draw_images(tmp_path / "in", IMAGES)
    log = tmp_path / "service.log"
    with open_desk(settings) as desk:
        index_id = order_index(desk, tmp_path / "in", "c")
        job_id = order_map(desk, "c")
        with ServiceProcess(HURRY, log) as service:
            wait_for_layout(desk, job_id)
            service.kill()
        assert desk.catalog.job(index_id).state == "done"
        assert desk.catalog.job(job_id).state == "running", "nobody has told the catalogue"
        (plane,) = desk.catalog.maps("c")
        assert (plane.facts.method, plane.points) == ("pca", IMAGES), "there is a map while the layout is computed"
        kept = kept_neighbours(desk, job_id)
        with ServiceProcess(HURRY, log) as service:
            job = wait_for(desk.catalog, job_id, lambda one: one.is_over)
            assert service.end() == 0, log.read_text()
        assert check_map(desk, job_id, kept, IMAGES) == job
        assert desk.catalog.maps("c") == maps_of(desk, job)
