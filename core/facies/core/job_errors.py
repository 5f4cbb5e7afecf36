"""The errors of jobs; import them from `facies.core.errors`, which draws their tree."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from facies.core.error_base import FaciesError


class JobError(FaciesError):
    """Work in the background."""


class JobNotFoundError(JobError):
    """No job has this id."""

    def __init__(self, job_id: str) -> None:
        """Name the job."""
        super().__init__(f"no job {job_id!r}; `facies jobs list` shows those that there are")


class JobConflictError(JobError):
    """A job holds what is wanted, or is not in the state that is wanted."""

    def __init__(self, detail: str) -> None:
        """Say which job is in the way."""
        super().__init__(f"{detail}. Wait until it ends or cancel it.")


class JobStateError(JobConflictError):
    """What is asked of a job does not go in its state."""

    def __init__(self, job_id: str, state: str, wanted: str) -> None:
        """Name the job, its state, and what it would have to be."""
        FaciesError.__init__(self, f"job {job_id} is {state}, expected {wanted}. Nothing was changed.")


class UnknownJobKindError(JobError):
    """There is no work of this kind."""

    def __init__(self, kind: str, known: Iterable[str]) -> None:
        """Name the kind asked for, the nearest ones and all."""
        names = sorted(known)
        close = difflib.get_close_matches(kind, names, n=2, cutoff=0.5)
        hint = f"Did you mean {' or '.join(close)}? " if close else ""
        super().__init__(f"no jobs of kind {kind!r}. {hint}There are: {', '.join(names)}.")


class JobParametersError(JobError):
    """The parameters do not fit the kind of job."""

    def __init__(self, kind: str, problems: Iterable[str]) -> None:
        """Name the kind, and what is wrong with each parameter."""
        super().__init__(
            f"a job of kind {kind!r} cannot be ordered so: {'; '.join(problems)}. docs/jobs.md lists them."
        )


class JobFileError(JobError):
    """A file of a job is not there, or is not what it was when the job ended."""

    def __init__(self, job_id: str, name: str, reason: str) -> None:
        """Name both, and say what is wrong."""
        super().__init__(f"file {name!r} of job {job_id} {reason}. `facies jobs show {job_id}` lists its files.")


class JobQueueError(JobError):
    """The queue that wakes workers does not answer, or cannot be opened."""

    def __init__(self, where: str, reason: str) -> None:
        """Name the queue (no password in it) and the reason."""
        super().__init__(f"the queue of jobs at {where} cannot be used: {reason}")


class JobWorkerDiedError(JobError):
    """As many workers as are allowed died, or stopped answering, while they ran a job."""

    def __init__(self, job_id: str, attempts: int) -> None:
        """Name the job and the attempts."""
        times = "once" if attempts == 1 else f"{attempts} times"
        super().__init__(
            f"the worker of job {job_id} died or stood still {times}, so it is not begun again by itself. Look for the "
            f"reason (memory, power) in the log of the worker; `facies jobs retry {job_id}` goes on from what was kept."
        )


class JobBrokenOffError(JobError):
    """An attempt must end before its work is done; raised inside of it by whatever looks."""


class JobCancelledError(JobBrokenOffError):
    """Somebody wants the job to stop."""

    def __init__(self, job_id: str) -> None:
        """Name the job."""
        super().__init__(f"job {job_id} was cancelled; what it had acknowledged is kept")


class JobReleasedError(JobBrokenOffError):
    """The worker ends in good order, and the job goes back to the queue."""

    def __init__(self, job_id: str) -> None:
        """Name the job."""
        super().__init__(f"the worker of job {job_id} is ending; another one, or the next start, goes on with the job")


class JobTakenOverError(JobBrokenOffError):
    """The lease is gone: the job has gone to another worker, or is over."""

    def __init__(self, job_id: str, attempt: int) -> None:
        """Name the job and the attempt that has lost it."""
        super().__init__(
            f"attempt {attempt} of job {job_id} no longer counts: the job was taken over, or is over. "
            "Nothing that this attempt still writes is recorded."
        )


class TooManyFollowersError(JobError):
    """As many follow jobs of this service as may."""

    def __init__(self, most: int) -> None:
        """Say how many that is."""
        super().__init__(
            f"{most} streams of events are open, which is as many as may be. Ask for the job itself now and then "
            "(GET /v1/jobs/ID), or try again later."
        )
