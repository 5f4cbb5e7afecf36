"""``facies worker`` in this process; `tests/integration/test_jobs_killed.py` runs it in others."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from facies.core.errors import ConfigurationError, FaciesError, JobQueueError, StoreLockedError
from facies.core.settings import load_settings
from facies.core.workspace import open_workspace
from facies.indexer.cli_worker import worker_app
from tests.redis_server import free_port
from tests.worker_process import draw_images, open_desk, order_index


def run(*arguments: str) -> str:
    result = CliRunner().invoke(worker_app, arguments)
    if isinstance(result.exception, FaciesError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


def test_drained_means_done(tmp_path: Path) -> None:
    ids = draw_images(tmp_path / "in", 6)
    settings = load_settings()
    with open_desk(settings) as desk:
        first = order_index(desk, tmp_path / "in", "k")
        missing = order_index(desk, tmp_path / "nowhere", "k")
        assert "jobs from" in run("--drain")
        done, failed = desk.catalog.job(first), desk.catalog.job(missing)
        assert (done.state, done.result["indexed"], done.result["model"]) == ("done", 6, "efficientnet-lite0")
        assert failed.fault is not None
        assert failed.fault.code == "SourceError"
    with open_workspace(settings) as workspace:
        assert {record.id for record in workspace.catalog.iter_images("k")} == ids


def test_beside_an_embedded_service_it_says_who_runs_the_jobs() -> None:
    with open_workspace(load_settings()), pytest.raises(StoreLockedError, match="runs the jobs of this data folder"):
        run("--drain")


def test_a_queue_that_does_not_answer_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACIES_JOBS__QUEUE_URL", f"redis://127.0.0.1:{free_port()}/0")
    with pytest.raises(JobQueueError, match="cannot be used"):
        run("--drain")
    monkeypatch.setenv("FACIES_JOBS__QUEUE_URL", "amqp://127.0.0.1")
    with pytest.raises(ConfigurationError, match="redis://HOST:PORT"):
        run("--drain")
