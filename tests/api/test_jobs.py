"""Jobs of a service with threads of its own, ordered as over HTTP."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from facies.api.collections import delete_whole_collection
from facies.api.embedders import Embedders
from facies.api.indexing import start_index
from facies.api.jobs import cancel_job, describe_changed, describe_job, list_jobs, read_log, retry_job, start_job
from facies.api.service import Service, open_service
from facies.core.actors import Actor
from facies.core.errors import (
    AccessError,
    CollectionNotFoundError,
    JobConflictError,
    JobNotFoundError,
    JobParametersError,
    JobStateError,
    QueryError,
    UnknownJobKindError,
)
from facies.core.metrics import Embeddings
from facies.core.settings import JobSettings, Settings
from facies.core.wire import CollectionBody, IndexBody
from facies.core.wire_jobs import JobBody, JobOut
from facies.indexer.jobs.kinds import KINDS
from facies.models.embedder import Prepared
from tests.stubs.jobs import STUB_KINDS, Gate, open_gate

from .conftest import CARD, ColourEmbedder, over, until

ANN = Actor("ann")


def order(service: Service, kind: str, priority: int = 0, **parameters: object) -> JobOut:
    return start_job(service, JobBody(kind=kind, parameters=parameters, priority=priority), ANN)


def hold(service: Service, gate: Gate, collection: str = "c", priority: int = 0) -> JobOut:
    if not [one for one in service.workspace.catalog.collections() if one.name == collection]:
        from facies.api.collections import create_collection

        create_collection(service, CollectionBody(name=collection, model=CARD))
    return order(service, "hold", priority, collection=collection, gate=gate.name)


def test_a_job_tells_how_far_it_is_and_then_what_came_of_it(working: Service) -> None:
    with open_gate("a") as gate:
        begun = hold(working, gate)
        assert (begun.kind, begun.collection, begun.actor) == ("hold", "c", "ann")
        gate.wait()
        deadline = time.monotonic() + 20
        while (now := describe_job(working, begun.id)).stage != "waiting":
            assert time.monotonic() < deadline
        assert (now.state, now.done, now.total, now.attempt) == ("running", 3, 12, 1)
    ended = over(working, now)
    assert (ended.state, ended.result, ended.error, ended.seconds_left) == ("done", {"attempts": 1}, None, None)
    assert ended.version > now.version > begun.version
    assert ended.finished_at is not None
    assert "at the gate" in [one.line for one in read_log(working, begun.id, after=0, limit=100).lines]


def test_two_jobs_in_one_collection_run_one_after_the_other_others_beside_them(working: Service) -> None:
    with open_gate("first") as first, open_gate("second") as second, open_gate("other") as other:
        jobs = [hold(working, first, "c"), hold(working, second, "c"), hold(working, other, "d")]
        first.wait()
        other.wait()
        assert [describe_job(working, job.id).state for job in jobs] == ["running", "queued", "running"]
        first.go.set()
        second.wait()
        assert describe_job(working, jobs[0].id).state == "done"
    assert [over(working, job).state for job in jobs] == ["done"] * 3


def test_what_is_more_urgent_comes_first(working: Service) -> None:
    with open_gate("first") as first, open_gate("late") as late, open_gate("urgent") as urgent:
        hold(working, first)
        first.wait()
        later, sooner = hold(working, late), hold(working, urgent, priority=5)
        first.go.set()
        urgent.wait()
        assert describe_job(working, later.id).state == "queued"
        urgent.go.set()
        late.go.set()
        assert over(working, sooner).state == over(working, later).state == "done"


def test_a_failure_is_told_by_its_class(working: Service) -> None:
    ended = over(working, order(working, "fail", words="nothing there"))
    assert ended.error is not None
    assert (ended.state, ended.error.code, ended.error.message) == ("failed", "SourceError", "nothing there")
    assert ended.result is None


@pytest.mark.parametrize("error", ["bug", "exit"])
def test_what_was_not_expected_is_for_the_log_alone_and_ends_no_worker(
    working: Service, caplog: pytest.LogCaptureFixture, error: str
) -> None:
    for _ in range(3):  # more than there are workers
        ended = over(working, order(working, "fail", words="a secret", error=error))
        assert ended.error is not None
        assert (ended.state, ended.error.code) == ("failed", "JobError")
        assert "secret" not in ended.model_dump_json(exclude={"parameters"})
        assert "secret" not in read_log(working, ended.id, after=0, limit=100).model_dump_json()
    assert "a secret" in caplog.text


def test_a_job_that_waits_is_cancelled_at_once_and_one_that_runs_within_seconds(working: Service) -> None:
    with open_gate("a") as gate, open_gate("b") as behind:
        running, waiting = hold(working, gate), hold(working, behind)
        gate.wait()
        assert cancel_job(working, waiting.id).state == "cancelled"
        began = time.monotonic()
        assert cancel_job(working, running.id).cancel_requested
        ended = over(working, running)
        assert time.monotonic() - began < 5
        assert (ended.state, ended.result) == ("cancelled", {"attempts": 1})
        assert cancel_job(working, ended.id) == describe_job(working, ended.id)
        assert describe_job(working, waiting.id).attempt == 0


def test_a_job_that_failed_or_was_cancelled_is_tried_again_and_no_other(working: Service) -> None:
    with open_gate("a") as gate:
        job = hold(working, gate)
        gate.wait()
        with pytest.raises(JobStateError, match="is running"):
            retry_job(working, job.id)
        cancel_job(working, job.id)
        over(working, job)
        again = retry_job(working, job.id)
        assert (again.id, again.state) == (job.id, "queued")
        gate.wait()
    ended = over(working, again)
    assert (ended.state, ended.result) == ("done", {"attempts": 2})
    with pytest.raises(JobStateError, match="is done"):
        retry_job(working, job.id)


def test_unknown_jobs_are_named(working: Service) -> None:
    for ask in (describe_job, cancel_job, retry_job):
        with pytest.raises(JobNotFoundError, match="'x'"):
            ask(working, "x")
    with pytest.raises(JobNotFoundError):
        read_log(working, "x", after=0, limit=1)
    with pytest.raises(JobNotFoundError):
        describe_changed(working, "x", 0)
    with pytest.raises(JobNotFoundError):
        list_jobs(working, after="x")


def test_what_makes_no_sense_is_refused_when_it_is_ordered(working: Service) -> None:
    with pytest.raises(UnknownJobKindError, match="index"):
        order(working, "indx")
    with pytest.raises(JobParametersError, match="collection"):
        order(working, "whiten")
    with pytest.raises(JobParametersError, match="wild"):
        order(working, "whiten", collection="c", wild=1)
    with pytest.raises(CollectionNotFoundError):
        order(working, "whiten", collection="nothing")
    with pytest.raises(AccessError):
        order(working, "copy", files=["/etc/passwd"])
    assert list_jobs(working).jobs == []


def test_files_and_parameters_must_fit_each_other(working: Service) -> None:
    def start(files: Sequence[str], came: Sequence[str]) -> JobOut:
        body = JobBody(kind="copy", parameters={"files": list(files)})
        return start_job(working, body, ANN, [(name, io.BytesIO(b"x")) for name in came])

    with pytest.raises(QueryError, match=r"no file of this name"):
        start(["upload:a.png"], [])
    with pytest.raises(QueryError, match=r"'b.png' came with the request"):
        start(["upload:a.png"], ["a.png", "b.png"])
    with pytest.raises(QueryError, match=r"two files"):
        start(["upload:a.png"], ["a.png", "a.png"])
    with pytest.raises(QueryError, match=r"cannot be"):
        start(["upload:.."], [".."])
    assert not [path for path in working.desk.root.iterdir() if path.is_dir()]
    assert over(working, start(["upload:a.png"], ["a.png"])).result == {"a.png": 1}


def test_pages_hold_every_job_once_the_newest_first(working: Service) -> None:
    made = [order(working, "fail", words=str(number)).id for number in range(7)]
    shown: list[str] = []
    after = None
    while True:
        page = list_jobs(working, limit=3, after=after)
        shown += [job.id for job in page.jobs]
        after = page.after
        if after is None:
            break
    assert shown == made[::-1]
    assert list_jobs(working, limit=7).after is None


def test_lists_are_narrowed(working: Service) -> None:
    with open_gate("a") as gate:
        held = hold(working, gate)
        gate.wait()
        failed = over(working, order(working, "fail", words="x"))
        assert [job.id for job in list_jobs(working, state="running").jobs] == [held.id]
        assert [job.id for job in list_jobs(working, kind="fail").jobs] == [failed.id]
        assert [job.id for job in list_jobs(working, collection="c").jobs] == [held.id]
        assert list_jobs(working, kind="fail", collection="c").jobs == []


def test_only_what_is_new_is_described(working: Service) -> None:
    ended = over(working, order(working, "fail", words="x"))
    assert describe_changed(working, ended.id, ended.version) is None
    assert describe_changed(working, ended.id, ended.version - 1) == ended


def test_nothing_is_deleted_under_a_job_and_a_job_waits_for_what_is_deleted(working: Service) -> None:
    with open_gate("a") as gate:
        job = hold(working, gate)
        gate.wait()
        with pytest.raises(JobConflictError, match="is writing to collection 'c'"):
            delete_whole_collection(working, "c")
        gate.go.set()
        over(working, job)
        with working.kept_out("c"):
            waits = hold(working, gate)
            time.sleep(0.3)
            assert describe_job(working, waits.id).state == "queued"
        assert over(working, waits).state == "done"


def test_the_end_of_a_service_gives_its_jobs_back_and_the_next_one_goes_on(
    settings: Settings, embedders: Embedders
) -> None:
    quick = settings.model_copy(update={"jobs": JobSettings(heartbeat_s=0.1, stall_s=5, max_attempts=1)})
    with open_gate("a") as gate:
        with open_service(quick, embedders, working=True) as service:
            service.desk.kinds = {**KINDS, **STUB_KINDS}
            job = hold(service, gate)
            gate.wait()
        with open_service(quick, embedders) as service:  # a command: it does no jobs
            time.sleep(0.3)
            back = describe_job(service, job.id)
            assert (back.state, back.error) == ("queued", None)
    with open_service(quick, embedders, working=True) as service:
        service.desk.kinds = {**KINDS, **STUB_KINDS}
        ended = over(service, job)
    assert (ended.state, ended.result, ended.attempt) == ("done", {"attempts": 2}, 2)


def test_no_threads_do_jobs_where_the_settings_leave_them_to_others(settings: Settings, embedders: Embedders) -> None:
    alone = settings.model_copy(update={"jobs": JobSettings(workers=0)})
    before = threading.active_count()
    with open_service(alone, embedders, working=True) as service:
        service.desk.kinds = {**KINDS, **STUB_KINDS}
        job = order(service, "fail", words="x")
        time.sleep(0.3)
        assert describe_job(service, job.id).state == "queued"
        assert threading.active_count() == before


def test_an_index_job_that_the_end_of_a_service_broke_off_embeds_nothing_twice(
    settings: Settings, gallery: Path
) -> None:
    embedders = [SlowEmbedder(CARD), SlowEmbedder(CARD)]
    quick = settings.model_copy(update={"jobs": JobSettings(heartbeat_s=0.1, stall_s=5)})
    with open_service(quick, Embedders(lambda *_: embedders[0]), working=True) as service:
        job = start_index(service, "g", IndexBody(path=str(gallery), labels="folder", model=CARD), ANN)
        assert embedders[0].begun.wait(20)
    with open_service(quick, Embedders(lambda *_: embedders[1]), working=True) as service:
        there = service.workspace.catalog.count("g")
        ended = over(service, job)
        assert ended.report is not None
        assert (ended.state, ended.report.indexed + there, ended.report.failed) == ("done", 24, 0)
        assert service.workspace.catalog.count("g") == service.workspace.store.count("g") == 24
    assert there < 24
    assert sum(embedders[1].calls) == 24 - there


class SlowEmbedder(ColourEmbedder):
    """Takes a while for each batch, so that there is a middle to stop in."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.begun = threading.Event()

    def embed_prepared(self, prepared: Sequence[Prepared]) -> Embeddings:
        self.begun.set()
        time.sleep(0.3)
        return super().embed_prepared(prepared)


def test_a_cancelled_index_job_keeps_its_report(settings: Settings, gallery: Path) -> None:
    embedder = SlowEmbedder(CARD)
    with open_service(settings, Embedders(lambda *_: embedder), working=True) as service:
        job = start_index(service, "g", IndexBody(path=str(gallery), model=CARD), ANN)
        assert embedder.begun.wait(20)
        cancel_job(service, job.id)
        ended = over(service, job)
        assert ended.state == "cancelled"
        assert ended.report is not None
        assert ended.report.interrupted
        assert ended.report.indexed == service.workspace.catalog.count("g") < 24
        done = over(service, until(service, retry_job(service, job.id), "running", "done"))
        assert (done.state, service.workspace.catalog.count("g")) == ("done", 24)
