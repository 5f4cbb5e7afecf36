from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from unittest import mock

import pytest

from facies.api.index_runs import KEPT_RUNS, IndexRuns, Work
from facies.core.errors import JobConflictError, JobError, JobNotFoundError, SourceError
from facies.core.wire import IndexReport, IndexRunOut
from facies.indexer.progress import OnProgress, ProgressUpdate


@pytest.fixture
def runs() -> Iterator[IndexRuns]:
    runs = IndexRuns()
    yield runs
    runs.close()


def wait(runs: IndexRuns, run: IndexRunOut) -> IndexRunOut:
    deadline = time.monotonic() + 20
    while run.state == "running" and time.monotonic() < deadline:
        time.sleep(0.01)
        run = runs.get(run.id)
    return run


def until_stopped(progress: OnProgress, stop: threading.Event) -> IndexReport:
    progress(ProgressUpdate(done=3, total=12, images=3, elapsed_s=1.5))
    stop.wait(20)
    return IndexReport(indexed=3, interrupted=True)


def test_a_run_tells_how_far_it_is_and_then_reports(runs: IndexRuns) -> None:
    shown, go_on = threading.Event(), threading.Event()

    def work(progress: OnProgress, stop: threading.Event) -> IndexReport:
        progress(ProgressUpdate(done=3, total=12, images=3, elapsed_s=1.5))
        shown.set()
        go_on.wait(20)
        return IndexReport(indexed=12)

    begun = runs.start("c", "/data", work)
    assert (begun.state, begun.collection, begun.path) == ("running", "c", "/data")
    assert shown.wait(20)
    now = runs.get(begun.id)
    assert (now.done, now.total, now.images_per_s, now.seconds_left) == (3, 12, 2.0, 4.5)
    go_on.set()
    over = wait(runs, now)
    assert (over.state, over.error, over.seconds_left) == ("done", None, None)
    assert over.report == IndexReport(indexed=12)


def test_one_run_at_a_time(runs: IndexRuns) -> None:
    first = runs.start("c", "/data", until_stopped)
    with pytest.raises(JobConflictError, match=f"index run {first.id} into collection 'c' is under way"):
        runs.start("d", "/data", until_stopped)
    running = runs.running()
    assert running is not None
    assert running.id == first.id
    runs.cancel(first.id)
    assert wait(runs, first).state == "cancelled"
    assert runs.running() is None
    assert wait(runs, runs.start("d", "/data", lambda *_: IndexReport())).state == "done"


def test_many_starts_at_once_begin_one(runs: IndexRuns) -> None:
    outcomes: list[str] = []

    def start() -> None:
        try:
            outcomes.append(runs.start("c", "/data", until_stopped).state)
        except JobConflictError:
            outcomes.append("conflict")

    threads = [threading.Thread(target=start) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["conflict"] * 15 + ["running"]


def fail(error: Exception) -> Work:
    def work(progress: OnProgress, stop: threading.Event) -> IndexReport:
        raise error

    return work


def test_a_failure_is_told_and_an_unexpected_one_only_logged(runs: IndexRuns, caplog: pytest.LogCaptureFixture) -> None:
    ours = wait(runs, runs.start("c", "/data", fail(SourceError("nothing there"))))
    assert (ours.state, ours.error, ours.report) == ("failed", "nothing there", None)
    bug = wait(runs, runs.start("c", "/data", fail(RuntimeError("a secret"))))
    assert bug.state == "failed"
    assert bug.error is not None
    assert "secret" not in bug.error
    assert "a secret" in caplog.text


def test_unknown_runs_are_named(runs: IndexRuns) -> None:
    for ask in (runs.get, runs.cancel):
        with pytest.raises(JobNotFoundError, match="no run 'x'"):
            ask("x")


def test_old_runs_are_forgotten(runs: IndexRuns) -> None:
    first = wait(runs, runs.start("c", "/data", lambda *_: IndexReport()))
    for _ in range(KEPT_RUNS):
        wait(runs, runs.start("c", "/data", lambda *_: IndexReport()))
    with pytest.raises(JobNotFoundError):
        runs.get(first.id)


def test_closing_stops_what_runs_and_starts_nothing_more() -> None:
    runs = IndexRuns()
    run = runs.start("c", "/data", until_stopped)
    began = time.monotonic()
    runs.close()
    assert time.monotonic() - began < 5
    assert runs.get(run.id).state == "cancelled"
    with pytest.raises(JobConflictError, match="the service is ending"):
        runs.start("c", "/data", until_stopped)


def leave(progress: OnProgress, stop: threading.Event) -> IndexReport:
    raise SystemExit(1)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_whatever_ends_a_run_the_next_one_can_begin(runs: IndexRuns) -> None:
    over = wait(runs, runs.start("c", "/data", leave))
    assert (over.state, over.error) == ("failed", "the run was broken off")
    assert wait(runs, runs.start("c", "/data", lambda *_: IndexReport())).state == "done"


def test_a_thread_that_cannot_start_bars_no_later_run(runs: IndexRuns) -> None:
    with (
        mock.patch.object(threading.Thread, "start", side_effect=RuntimeError("can't start new thread")),
        pytest.raises(JobError, match="can't start new thread"),
    ):
        runs.start("c", "/data", until_stopped)
    assert runs.running() is None
    assert wait(runs, runs.start("c", "/data", lambda *_: IndexReport())).state == "done"


def test_a_collection_that_is_written_to_cannot_be_kept_for_oneself(runs: IndexRuns) -> None:
    run = runs.start("c", "/data", until_stopped)
    with pytest.raises(JobConflictError, match="is writing to collection 'c'"), runs.kept_out("c"):
        pytest.fail("a run writes to it")
    with runs.kept_out("d"):
        runs.cancel(run.id)
    assert wait(runs, run).state == "cancelled"
