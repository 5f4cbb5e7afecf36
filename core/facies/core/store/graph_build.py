"""A graph built beside the shard in use: copy, build in a child process, carry over what was written meanwhile, swap.

Until the swap the shard in use is untouched and takes every write, so a process that is killed at any moment leaves it
whole; `facies.core.store.layout` deletes the unfinished copy at the next start. What was written meanwhile is kept as
the ids of the points alone: their state is read from the shard in use when they are carried over.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Final

import qdrant_edge as edge

from facies.core import errors
from facies.core.child_module import start_module
from facies.core.errors import StoreError
from facies.core.store.base import CollectionSchema, Quantization
from facies.core.store.build_child import Job
from facies.core.store.edge_conversion import edge_points, point_of, size_bytes
from facies.core.store.edge_schema import complete_shard
from facies.core.store.engine_files import is_bulk
from facies.core.store.folder_copy import copy_files, occupied_bytes, sync_files
from facies.core.store.shard import WRITE_RESERVE_BYTES, Shard, check_space

GROWTH: Final = 2.5
"""Space for the copy and the build in it, as a multiple of what the shard takes: both segments, and the graph."""

_CARRIED: Final = 128
"""Points carried over in one call of the engine, which lets no other thread run."""

_STALL_S: Final = 0.1
"""Writers wait about so long while points are carried over, then they have a turn."""

_LAST: Final = 1000
"""So few points are carried over at once, and the swap follows."""

_TURN_S: Final = 0.02
"""How long that turn is."""

_POLL_S: Final = 0.05


@dataclass(frozen=True, slots=True)
class Build:
    """One build under way.

    Attributes:
        shard: in use, before, meanwhile and after.
        schema: tells the schema of the shard; it may be completed meanwhile.
        quantization: how vectors are to be packed.
        publish: makes the copy the one that is found at the next start; called while nobody writes.
        stop: set to break it off.
        over: set when it has ended, in whichever way.
    """

    shard: Shard
    schema: Callable[[], CollectionSchema]
    quantization: Quantization
    publish: Callable[[], None]
    stop: Event = field(default_factory=Event)
    over: Event = field(default_factory=Event)

    def check(self) -> None:
        """Raise where the build is to stop.

        Raises:
            StoreError: says so.
        """
        if self.stop.is_set():
            raise StoreError("the building of the graph was broken off; the collection is as it was.")


def build_beside(build: Build, target: Path) -> bool:
    """Build the graph of a shard in a copy of it, then let the shard go on there.

    Args:
        build: the shard, and what is wanted of it.
        target: folder of the copy, which is not there yet.

    Returns:
        False where the engine found nothing to do; the copy is then of no use.

    Raises:
        StorageError: there is not enough space; nothing changed.
        StoreError: it was broken off, or failed; nothing changed.
    """
    check_space(target.parent, int(GROWTH * occupied_bytes(build.shard.path)) + WRITE_RESERVE_BYTES)
    build.shard.note_writes()
    try:
        copied = _copy(build, target)
        if not _build_in_child(build, target, copied):
            return False
        sync_files(target, build.check)
        fresh = Shard.load(target)
        try:
            _carry_over(build, fresh, copied)
        except BaseException:
            fresh.abandon()
            raise
    finally:
        build.shard.forget_noted()
    return True


def _copy(build: Build, target: Path) -> CollectionSchema:
    """Copy the bulk while writes go on, then the rest while nothing is written; tell the schema of the copy."""
    shard = build.shard
    copy_files(shard.path, target, is_bulk, build.check)
    with shard.unwritten():
        shard.flush()
        copy_files(shard.path, target, lambda _: True, build.check)
        return build.schema()


def _build_in_child(build: Build, target: Path, schema: CollectionSchema) -> bool:
    job = Job(target, dict(schema.vectors), build.quantization, os.getpid())
    with _start(job) as child:
        try:
            while not build.stop.is_set():
                try:
                    output, complaint = child.communicate(timeout=_POLL_S)
                except subprocess.TimeoutExpired:
                    continue
                return _read_answer(child.returncode, output, complaint)
        finally:
            child.kill()
    build.check()
    raise StoreError("the building of the graph ended without an answer.")


def _start(job: Job) -> subprocess.Popen[str]:
    try:
        return start_module("facies.core.store.build_child", job.dump())
    except OSError as error:
        raise StoreError(
            f"the process that builds the graph could not be started: {error}. The collection is as it was."
        ) from error


def _read_answer(status: int, output: str, complaint: str) -> bool:
    try:
        answer = json.loads(output.strip().rpartition("\n")[2])
        if "changed" in answer:
            return bool(answer["changed"])
        failure: errors.FaciesError = getattr(errors, answer["error"]).from_message(answer["message"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StoreError(
            f"the process that builds the graph ended with status {status}; the collection is as it was. "
            f"The end of what it said: {complaint[-1000:].strip() or '(nothing)'}"
        ) from error
    raise failure


def _carry_over(build: Build, fresh: Shard, copied: CollectionSchema) -> None:
    """Bring what was written since the copy into it, slice by slice; with the last slice the copy takes over."""
    shard = build.shard
    while True:
        with shard.unwritten():
            build.check()
            copied = complete_shard(fresh, copied, build.schema())
            until = time.monotonic() + _STALL_S
            while shard.count_noted() > _LAST and time.monotonic() < until:
                _carry(shard, fresh, shard.take_noted(_CARRIED))
            if shard.count_noted() <= _LAST:
                while ids := shard.take_noted(_CARRIED):
                    _carry(shard, fresh, ids)
                build.publish()
                shard.take_over(fresh)
                return
        time.sleep(_TURN_S)


def _carry(shard: Shard, fresh: Shard, ids: list[str]) -> None:
    points = [point_of(record) for record in shard.read(lambda engine: engine.retrieve([*ids], True, True))]
    gone = list(set(ids) - {point.id for point in points})
    if points:
        fresh.write(lambda engine: engine.update(edge_points(points)), sum(map(size_bytes, points)))
    if gone:
        fresh.write(lambda engine: engine.update(edge.UpdateOperation.delete_points([*gone])), 64 * len(gone))
