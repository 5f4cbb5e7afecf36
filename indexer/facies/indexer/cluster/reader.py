"""The driver's side of a run on many nodes: entries go out, events come back in order."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import pyarrow as pa

from facies.core.errors import JobError, ModelError
from facies.core.records import Fingerprint
from facies.indexer.cluster.rows import Row, entry_tables, rows_of, split_files
from facies.indexer.cluster.session import Nodes
from facies.indexer.cluster.worker import Worker
from facies.indexer.embedding import embed_apart
from facies.indexer.hashes import Hashes, pack_hashes
from facies.indexer.limits import Limits
from facies.indexer.originals import is_url
from facies.indexer.reading import Event, Known, Lookup, Page, ReadAhead, Refused
from facies.indexer.sources import SourceEntry, SourceItem

if TYPE_CHECKING:
    from facies.core.workspace import Workspace
    from facies.models.embedder import Embedder, Prepared

_FILES = 128
"""Entries that a worker takes at a time: what is read again when a worker dies, and how evenly the end is shared."""


@dataclass(frozen=True, slots=True)
class Task:
    """What the workers of a run need to know.

    Attributes:
        load: loads the embedder, on any node.
        fingerprint: what that embedder must have.
        collection: its name, for messages.
        limits: bounds of each worker.
        nodes: how many workers there are, and what each may use.
    """

    load: Callable[[], Embedder]
    fingerprint: Fingerprint
    collection: str
    limits: Limits
    nodes: Nodes


RunWorkers: TypeAlias = "Callable[[Task, list[pa.Table], Hashes], Iterator[Row]]"


class ClusterReader:
    """Gives files with their events, as `facies.indexer.reading.ReadAhead` does, from workers on many nodes.

    Pages come embedded: their vector stands where a prepared image would. Content that the catalogue held when the run
    began is neither decoded nor embedded; its hashes go to every node once, 32 bytes an image. What another process
    adds meanwhile is embedded again and then found to be known.
    """

    def __init__(
        self, task: Task, workspace: Workspace, embedder: Embedder, lookup: Lookup, *, run: RunWorkers | None = None
    ) -> None:
        """Send nothing yet.

        Args:
            task: for the workers.
            workspace: tells what the collection holds already.
            embedder: embeds here what must be made again and no worker was asked for.
            lookup: finds content that the catalogue holds.
            run: runs the workers; None: `run_workers`, on Ray.
        """
        self._run = run or run_workers
        self._task = task
        self._workspace = workspace
        self._embedder = embedder
        self._lookup = lookup
        self._local = ReadAhead(task.limits, embedder=embedder, thumbnail_px=task.limits.thumbnail_px)
        self._lost: frozenset[str] = frozenset()
        self._made_again: dict[str, list[Event]] = {}
        self._rows: Iterator[Row] | None = None

    def files(self, entries: Iterable[SourceEntry]) -> Iterator[tuple[SourceEntry, Iterator[Event]]]:
        """List all entries, have them read, and give each with its events in their order.

        Raises:
            FaciesError: a worker cannot load the embedder, or the cluster cannot go on.
        """
        tables = entry_tables(entries, workers=self._task.nodes.workers, most=_FILES)
        if not tables:
            return
        known, self._lost = find_known(self._workspace, self._task.collection)
        self._rows = self._run(self._task, tables, known)
        for entry, events in split_files(self._rows):
            yield entry, self._follow(entry, events)

    def read(self, item: SourceItem) -> Iterator[Event]:
        """Give a file's pages although the catalogue knows them: from a worker where one made them, else made here."""
        made = self._made_again.pop(item.uri, None)
        yield from self._embed_here(item) if made is None else made

    def close(self) -> None:
        """Let the workers go."""
        self._local.close()
        if self._rows is not None:
            cast("Any", self._rows).close()

    def _follow(self, entry: SourceEntry, events: Iterator[Event]) -> Iterator[Event]:
        first = next(events)
        if isinstance(first, Refused):
            yield _on_this_machine(entry, first)
        elif isinstance(first, Known | Page):
            records = self._lookup(first.sha256)
            if records:
                if first.sha256 in self._lost and isinstance(first, Page):
                    self._made_again[entry.uri] = [first, *events]
                yield Known(first.sha256, records)
            elif isinstance(first, Known) and isinstance(entry, SourceItem):
                yield from self._embed_here(entry)  # deleted since the run began
            else:
                yield first
                yield from events

    def _embed_here(self, item: SourceItem) -> Iterator[Event]:
        for event in self._local.read(item):
            if not isinstance(event, Page) or event.prepared is None:
                yield event
                continue
            [vector] = embed_apart(self._embedder, [event.prepared])
            if isinstance(vector, ModelError):
                yield Refused(str(vector), expected=True)
                return
            yield replace(event, prepared=cast("Prepared", vector))


def find_known(workspace: Workspace, collection: str) -> tuple[Hashes, frozenset[str]]:
    """Tell what need not be embedded: content whose every image has a point.

    Returns:
        the hashes of that content, and those of content of which the store lost points.
    """
    catalog, store = workspace.catalog, workspace.store
    if store.count(collection) >= catalog.count(collection):
        # Counting is cheap and listing is not. A lost point that one without a row makes up for is made again here.
        return pack_hashes(catalog.content_hashes(collection)), frozenset()
    stored = {point.id for point in store.scroll(collection)}
    lost = frozenset(record.sha256 for record in catalog.iter_images(collection) if record.id not in stored)
    hashes = (record.sha256 for record in catalog.iter_images(collection) if record.sha256 not in lost)
    return pack_hashes(hashes), lost


def run_workers(task: Task, tables: list[pa.Table], known: Hashes) -> Iterator[Row]:
    """Have tables of entries read and embedded by the workers; gives their rows in order.

    Raises:
        JobError: the cluster cannot go on.
    """
    import ray
    import ray.data
    from ray.data.exceptions import ExecutionTimeoutError
    from ray.exceptions import RayError

    reference = ray.put(known)  # held here, so that a worker that is started again finds it
    context = ray.data.DataContext.get_current()
    context.execution_options.preserve_order = True  # the first of several copies keeps the content
    context.enable_progress_bars = False
    nodes = task.nodes
    try:
        answers = ray.data.from_arrow(tables).map_batches(
            Worker,
            fn_constructor_args=(
                task.load,
                task.fingerprint,
                task.collection,
                task.limits,
                partial(_fetch, [reference]),
            ),
            compute=ray.data.ActorPoolStrategy(size=min(nodes.workers, len(tables))),
            batch_size=None,
            batch_format="pyarrow",
            num_cpus=nodes.cpus_each,
            num_gpus=nodes.gpus_each,
        )
        for answer in answers.iter_batches(batch_size=None, batch_format="pyarrow"):
            yield from rows_of(answer)
    except (RayError, ExecutionTimeoutError) as error:
        raise JobError(
            f"the cluster could not go on: {_first_line(error)}. What was acknowledged is kept; the same command goes "
            "on from there"
        ) from error


def _fetch(reference: list[Any]) -> Hashes:
    import ray

    hashes: Hashes = ray.get(reference[0])
    return hashes


def _first_line(error: Exception) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)


def _on_this_machine(entry: SourceEntry, refused: Refused) -> Refused:
    """Say what is wrong where a worker does not find a file that is here."""
    absent = isinstance(entry, SourceItem) and refused.expected and refused.reason == os.strerror(errno.ENOENT)
    if not absent or is_url(entry.uri) or not Path(entry.uri).exists():
        return refused
    where = "on the worker's node, though it is here: put originals where all nodes find them under the same path"
    return replace(refused, reason=f"{refused.reason} {where}")
