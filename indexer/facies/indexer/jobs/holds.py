"""Keeps jobs out of a collection while something else writes to it: uploads, deleting, restoring."""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from facies.core.errors import FaciesError
from facies.indexer.jobs.kinds import writing_turn

if TYPE_CHECKING:
    from facies.core.catalog.job_leases import JobLeases

_log = logging.getLogger(__name__)


@contextmanager
def kept_out(catalog: JobLeases, collection: str, *, holder: str, heartbeat_s: float) -> Iterator[None]:
    """Let no job that writes to a collection begin for the time of the context; those that are ordered wait.

    It holds for the workers of all processes. A holder that dies keeps nothing: its hold is lifted when its signs of
    life have stopped, as with jobs.

    Args:
        catalog: where jobs are.
        collection: its name.
        holder: who holds, see `facies.indexer.jobs.places.place_of`.
        heartbeat_s: between two signs of life.

    Raises:
        JobConflictError: a job is writing to it.
    """
    hold_id = secrets.token_hex(8)
    catalog.hold_turn(hold_id, writing_turn(collection), holder)
    over = threading.Event()

    def live() -> None:
        while not over.wait(heartbeat_s):
            try:
                catalog.beat_hold(hold_id)
            except FaciesError as error:
                _log.warning("no sign of life for collection %s, kept free of jobs: %s", collection, error.message)

    alive = threading.Thread(target=live, name=f"hold-{hold_id}")
    try:
        alive.start()
        try:
            yield
        finally:
            over.set()
            alive.join()
    finally:
        catalog.lift_hold(hold_id)
