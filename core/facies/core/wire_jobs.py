"""Bodies of the HTTP API about jobs: work that goes on in the background and is never lost."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from pydantic import Field, JsonValue

from facies.core.jobs import OVER, JobNeeds, JobRole, JobState
from facies.core.wire import Body, IndexReport

MOST_JOBS: Final = 1000
"""On one page."""


class JobBody(Body):
    """What to do."""

    kind: str = Field(
        min_length=1,
        max_length=64,
        description="index, add-model, whiten, optimise, label, near-copies, map, segment or backup.",
    )
    parameters: dict[str, Any] = Field(
        default_factory=dict,
        description="Of that kind. A file that comes with the request is named `upload:NAME`, its own name behind the "
        "colon.",
    )
    priority: int = Field(0, ge=-100, le=100, description="Of two that wait, the one with the larger number is first.")


class JobFileOut(Body):
    """A file that a job was given, or made."""

    name: str
    role: JobRole
    bytes: int
    sha256: str
    path: str = Field(description="Where it can be had, below the service's address.")


class JobErrorOut(Body):
    """Why a job failed; `code` is the class of error, as in problem documents."""

    code: str
    message: str


class JobOut(Body):
    """One job as it stands."""

    id: str
    kind: str
    state: JobState
    collection: str | None = Field(description="That it works on, where it is about one.")
    parameters: dict[str, Any]
    priority: int
    needs: JobNeeds = Field(description="What it computes on: the CPU, a GPU where there is one, or a GPU alone.")
    device: str | None = Field(description="The GPU that it has to itself while it runs.")
    actor: str = Field(description="Who asked for it.")
    stage: str = Field(description="What it is at.")
    done: int
    total: int | None
    rate_per_s: float | None = Field(description="Of what it counts, in this stage.")
    seconds_left: float | None = Field(description="Of this stage.")
    attempt: int = Field(description="How often it was begun.")
    max_attempts: int
    worker: str | None
    cancel_requested: bool
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    heartbeat_at: datetime | None
    error: JobErrorOut | None
    result: JsonValue = None
    files: list[JobFileOut] = Field(default_factory=list)
    version: int = Field(description="Grows with every change.")

    @property
    def is_over(self) -> bool:
        """Whether it has come to its end."""
        return self.state in OVER

    @property
    def report(self) -> IndexReport | None:
        """What a job of kind `index` did, once it is over.

        Raises:
            pydantic.ValidationError: it is of another kind.
        """
        return None if self.result is None else IndexReport.model_validate(self.result)


class JobPage(Body):
    """Some jobs, the newest first."""

    jobs: list[JobOut]
    after: str | None = Field(description="What to ask for the next page with; empty on the last one.")


class JobLogLine(Body):
    """One line of what a job told."""

    number: int
    at: datetime
    level: str
    line: str


class JobLogOut(Body):
    """What a job told, the oldest first."""

    lines: list[JobLogLine]
    after: int = Field(description="Number of the last line; lines that come later are asked for with it.")
