"""Jobs as records: what was ordered, how far it has come, and what came of it. The catalogue's row is the truth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, Literal, Self, TypeAlias

JobState: TypeAlias = Literal["queued", "running", "done", "failed", "cancelled"]
JobNeeds: TypeAlias = Literal["cpu", "any", "gpu"]
"""What a job computes on: the CPU alone, a GPU where its worker has one, or a GPU and nothing else."""
JobRole: TypeAlias = Literal["input", "result"]
LogLevel: TypeAlias = Literal["info", "warning", "error"]

OVER: Final[frozenset[JobState]] = frozenset({"done", "failed", "cancelled"})
"""States that a job leaves only when somebody has it tried again."""

MAX_ATTEMPTS: Final = 3
"""Workers that may die with a job before it counts as failed, unless the settings say otherwise."""


@dataclass(frozen=True, slots=True)
class JobFile:
    """A file that a job was given, or has made.

    Attributes:
        name: its path below the job's inputs or results, with forward slashes.
        role: which of the two.
        size_bytes: its length.
        sha256: hash of its bytes, 64 hexadecimal digits.
    """

    name: str
    role: JobRole
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class JobFault:
    """Why a job failed: the class of the error, as in problem documents, and its message."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class JobProgress:
    """How far a job has come.

    Attributes:
        stage: what it is at, in words.
        done: pieces of the stage that are done.
        total: pieces of the stage; None while nobody knows.
        rate_per_s: pieces a second; None while there is none.
    """

    stage: str
    done: int = 0
    total: int | None = None
    rate_per_s: float | None = None

    def completed(self) -> Self:
        """The same with all pieces done: of a job that is done no stage is left.

        >>> JobProgress("writing tables", 0, 1).completed().done
        1
        """
        return self if self.total is None else replace(self, done=self.total)


@dataclass(frozen=True, slots=True)
class JobOrder:
    """A job that is to be added.

    Attributes:
        id: 12 hexadecimal digits; its folder is called so before its row is there.
        kind: what is to be done.
        parameters: of that kind, as JSON.
        collection: that it works on, where it is about one.
        turn: jobs of one turn run one after the other; None: it waits for none.
        needs: what it computes on.
        priority: of two that wait, the one with the larger number is first.
        actor: who asked for it.
        max_attempts: workers that may die with it.
        files: its inputs, which lie in its folder already.
    """

    id: str
    kind: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    collection: str | None = None
    turn: str | None = None
    needs: JobNeeds = "cpu"
    priority: int = 0
    actor: str = ""
    max_attempts: int = MAX_ATTEMPTS
    files: Sequence[JobFile] = ()


@dataclass(frozen=True, slots=True)
class JobLease:
    """The right to work on a job: whoever began its newest attempt has it, until the attempt ends or is taken over.

    Attributes:
        id: of the job.
        attempt: grows with every beginning and is never used again, so that whoever was taken over is known by it.
        worker: who began it.
    """

    id: str
    attempt: int
    worker: str


@dataclass(frozen=True, slots=True)
class JobBeat:
    """The sign of life of a job that runs, or of a hold: ``count`` grows as long as somebody works on it."""

    id: str
    attempt: int
    count: int


@dataclass(frozen=True, slots=True)
class Job:
    """One job as it stands.

    Attributes:
        number: grows with every job that is added.
        id, kind, parameters, collection, turn, needs, priority, actor: see `JobOrder`.
        state: queued, running, done, failed or cancelled.
        device: the GPU that it has to itself while it runs, such as ``host/cuda:0``.
        progress: how far it has come in its stage.
        attempt: how often it was begun.
        max_attempts: the last attempt after whose worker's death it is begun again no more.
        worker: who runs it, or ran it last.
        cancel_requested: whether somebody wants it to stop.
        created_at: when it was ordered.
        started_at: when it was begun first since it was ordered or tried again.
        finished_at: when it came to its end.
        heartbeat_at: last sign of life, for people; who lives is decided by the count of signs (see `JobBeat`).
        fault: why it failed.
        result: what came of it, as JSON.
        files: what it was given and has made.
        version: grows with every change that can be seen here but ``heartbeat_at``.
    """

    number: int
    id: str
    kind: str
    state: JobState
    parameters: Mapping[str, Any]
    collection: str | None
    turn: str | None
    needs: JobNeeds
    device: str | None
    priority: int
    actor: str
    progress: JobProgress
    attempt: int
    max_attempts: int
    worker: str | None
    cancel_requested: bool
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    heartbeat_at: datetime | None
    fault: JobFault | None
    result: Any
    files: tuple[JobFile, ...]
    version: int

    @property
    def is_over(self) -> bool:
        """Whether it has come to its end."""
        return self.state in OVER

    @property
    def seconds_left(self) -> float | None:
        """Time left in this stage if the rest goes as fast; None where nobody knows, or it does not run."""
        at = self.progress
        if self.state != "running" or at.total is None or not at.rate_per_s:
            return None
        return max(at.total - at.done, 0) / at.rate_per_s

    @property
    def lease(self) -> JobLease:
        """The right to work on it, for the worker that has begun its newest attempt."""
        return JobLease(self.id, self.attempt, self.worker or "")


@dataclass(frozen=True, slots=True)
class JobLogLine:
    """One line of what a job told; numbers grow within a job."""

    number: int
    at: datetime
    level: LogLevel
    line: str
