"""Kinds of jobs that tests order: they wait at a gate, fail, copy files or report. All around them is real."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from facies.core.errors import SourceError
from facies.indexer.jobs.kinds import JobKind
from facies.indexer.jobs.parameters import CollectionParameters, JobParameters
from facies.indexer.jobs.work import Work


@dataclass(frozen=True, slots=True)
class Gate:
    """Where a job waits: ``reached`` counts who came, ``go`` lets all pass."""

    name: str
    reached: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    go: threading.Event = field(default_factory=threading.Event)

    def wait(self) -> None:
        """Wait until a job has come."""
        assert self.reached.acquire(timeout=20)


_GATES: dict[str, Gate] = {}


@contextmanager
def open_gate(name: str) -> Iterator[Gate]:
    """A gate for the time of the context; at its end everybody passes."""
    gate = _GATES[name] = Gate(name)
    try:
        yield gate
    finally:
        gate.go.set()


class HoldParameters(CollectionParameters):
    """Wait at a gate."""

    gate: str


class FailParameters(JobParameters):
    """Fail of something."""

    words: str
    error: Literal["expected", "bug", "exit"] = "expected"


class CopyParameters(JobParameters):
    """Copy files that came along, and say how long they are."""

    files: tuple[str, ...]

    def paths(self) -> tuple[str, ...]:
        """All of them."""
        return self.files


class ReportParameters(JobParameters):
    """Come to a result."""

    result: dict[str, Any]


def hold(work: Work) -> Mapping[str, Any]:
    """Wait at the gate until it opens, or the attempt must end."""
    gate = _GATES[work.parameters(HoldParameters).gate]
    work.progress("waiting", 3, 12)
    work.log("at the gate")
    gate.reached.release()
    while not gate.go.wait(0.01):
        if work.stop.is_set():
            work.end_early({"attempts": work.attempt})
    return {"attempts": work.attempt}


def fail(work: Work) -> Mapping[str, Any]:
    """Fail, as expected or not."""
    given = work.parameters(FailParameters)
    if given.error == "exit":
        raise SystemExit(given.words)
    raise SourceError(given.words) if given.error == "expected" else RuntimeError(given.words)


def copy(work: Work) -> Mapping[str, Any]:
    """Copy each file into the results, under a folder."""
    lengths = {}
    for name in work.parameters(CopyParameters).files:
        source = work.folder.inputs / name.removeprefix("upload:")
        target = work.folder.results / "copies" / source.name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(source.read_bytes())
        lengths[source.name] = source.stat().st_size
    (work.folder.results / Path(next(iter(lengths))).name).write_text("of the same name as an input")
    return lengths


def report(work: Work) -> Mapping[str, Any]:
    """Give the result, and end in the middle of a stage."""
    work.progress("reporting", 1, 2)
    return work.parameters(ReportParameters).result


_HERE = "tests.stubs.jobs"
STUB_KINDS: Mapping[str, JobKind] = {
    kind.name: kind
    for kind in (
        JobKind("hold", f"{_HERE}:HoldParameters", f"{_HERE}:hold", "cpu", "collection"),
        JobKind("fail", f"{_HERE}:FailParameters", f"{_HERE}:fail"),
        JobKind("copy", f"{_HERE}:CopyParameters", f"{_HERE}:copy"),
        JobKind("report", f"{_HERE}:ReportParameters", f"{_HERE}:report"),
    )
}
