"""The collections of an embedded store: which there are, which are open, and how one generation follows another."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import RLock

from facies.core.errors import CollectionNotFoundError, FaciesError, StorageError, StoreError, StoreUnavailableError
from facies.core.store import layout
from facies.core.store.base import CollectionInfo, CollectionSchema, Quantization
from facies.core.store.checks import check_collection_name, check_schema, merge_schemas, without_vector
from facies.core.store.edge_schema import clear_shard, complete_shard, create_shard
from facies.core.store.engine_files import count_scanned, read_quantization
from facies.core.store.folder_copy import copy_files, occupied_bytes
from facies.core.store.graph_build import Build, build_beside
from facies.core.store.lock import FolderLock
from facies.core.store.shard import Shard


@dataclass(slots=True)
class OpenCollection:
    """A collection that is open; it stays the same object while one generation follows another.

    Attributes:
        generation: folder of the generation in use.
        schema: replaced as a whole when the collection is completed.
        shard: its points.
        build: the graph that is being built.
    """

    generation: Path
    schema: CollectionSchema
    shard: Shard
    build: Build | None = None

    def describe(self) -> CollectionInfo:
        """Size and state; writes to disk first what was written since, since the files are asked too."""
        self.shard.flush()
        state = self.shard.read(lambda engine: engine.info())
        scanned = count_scanned(self.shard.path) if state.indexed_vectors_count else state.points_count
        return CollectionInfo(
            points=state.points_count,
            graphed=max(0, state.points_count - scanned),
            quantization=read_quantization(self.shard.path),
            disk_bytes=occupied_bytes(self.generation),
            optimizing=self.build is not None,
        )

    def stop_build(self) -> None:
        """Break off a build, and wait until nothing is left of it."""
        if (build := self.build) is not None:
            build.stop.set()
            build.over.wait()


class EdgeCollections:
    """Collections under one folder, which is locked against other processes until `close`.

    Locks are taken in this order, and whoever needs one that comes earlier lets go of the later ones first:

    1. ``_gate``: who changes which collections there are, or what one of them consists of, or copies them;
    2. ``_lock``: who looks a collection up, so nobody waits for anything that takes long while holding it without the
       gate;
    3. the writers' lock of each shard, then that of the engine's calls (see `facies.core.store.shard`).

    A copy holds the gate and every shard's writers for as long as it takes. Whoever changes collections waits for it at
    the gate, not with ``_lock`` in hand, which each search needs.
    """

    def __init__(self, root: Path) -> None:
        """Lock the folder, making it where there is none, and clear away what a crash left.

        Raises:
            StoreLockedError: another process, or another store of this one, holds the folder.
            StorageError: the folder cannot be written.
        """
        self.root = root
        self._gate = RLock()
        self._lock = RLock()
        self._open: dict[str, OpenCollection] = {}
        self._staged: set[str] = set()
        self._folder_lock = FolderLock(root)
        self._closed = False
        try:
            layout.sweep(root)
            self._generations = layout.find_generations(root)
        except BaseException:
            self._folder_lock.release()
            raise

    @property
    def is_closed(self) -> bool:
        """Whether `close` was called."""
        return self._closed

    def names(self) -> list[str]:
        """Names in alphabetical order, without those that are staged."""
        with self._lock:
            self._check_open()
            return sorted(self._generations)

    def get(self, name: str) -> OpenCollection:
        """A collection, or a staged generation of one, opened where it is not yet.

        Raises:
            CollectionNotFoundError: there is none.
            StoreError: its files are damaged.
        """
        with self._lock:
            self._check_open()
            if name not in self._open:
                if name not in self._generations:
                    raise CollectionNotFoundError(name, self._generations)
                generation = self._generations[name]
                self._open[name] = _load(generation)
            return self._open[name]

    def ensure(self, name: str, schema: CollectionSchema) -> None:
        """Make the collection, or complete it with new vectors and indexes."""
        if name not in self._staged:
            check_collection_name(name)
        check_schema(schema)
        with self._changing():
            self._check_open()
            if name in self._generations or name in self._staged:
                _complete(name, self.get(name), schema)
                return
            held = self._start(name, schema)
            try:
                layout.publish_generation(held.generation)
            except FaciesError:
                _delete(held)
                raise
            self._generations[name], self._open[name] = held.generation, held

    def drop_vector(self, name: str, vector: str) -> None:
        """Take a named vector away; nothing happens where there is none of this name."""
        with self._changing():
            held = self.get(name)
            remaining = without_vector(name, held.schema, vector)
            held.stop_build()  # its copy would bring the vector back
            with held.shard.unwritten():
                if remaining != held.schema:
                    # Before the shard: a schema without the vector is what has the shard cleared of it after a kill.
                    layout.write_schema(held.generation, remaining)
                    held.schema = remaining
                clear_shard(held.shard, remaining)

    def drop(self, name: str) -> None:
        """Delete the collection with what is staged for it; nothing happens where there is none."""
        with self._changing():
            self._check_open()
            self.discard(name)
            if name not in self._generations:
                return
            self._discard_staged_of(name)
            if held := self._open.pop(name, None):
                held.stop_build()
                held.shard.abandon()
            layout.remove_collection(self.root, name)
            del self._generations[name]

    def stage(self, name: str, schema: CollectionSchema) -> str:
        """Start another generation beside the one in use."""
        check_schema(schema)
        with self._changing():
            self._check_open()
            if name not in self._generations:
                raise CollectionNotFoundError(name, self._generations)
            self._discard_staged_of(name)
            held = self._start(name, schema)
            staged = f"{name}@{held.generation.name}"
            self._staged.add(staged)
            self._open[staged] = held
            return staged

    def publish(self, staged: str) -> None:
        """Put a staged generation in the place of the one in use; whoever reads page by page goes on in it."""
        with self._changing():
            self._check_open()
            if staged not in self._staged:
                raise CollectionNotFoundError(staged, self._generations)
            name = _collection_of(staged)
            fresh, held = self._open[staged], self._open.get(name)
            for one in (fresh, held):
                if one is not None:
                    one.stop_build()
            fresh.shard.flush()
            old = self._generations[name] if held is None else held.generation
            if held is None:
                layout.publish_generation(fresh.generation)
                self._open[name] = fresh
            else:
                with held.shard.unwritten():
                    layout.publish_generation(fresh.generation)
                    held.generation, held.schema = fresh.generation, fresh.schema
                    held.shard.take_over(fresh.shard)
            self._generations[name] = fresh.generation
            self._staged.discard(staged)
            del self._open[staged]
        layout.discard_generation(old)

    def discard(self, staged: str) -> None:
        """Delete a staged generation; nothing happens where there is none."""
        with self._changing():
            self._check_open()
            if staged in self._staged:
                self._staged.discard(staged)
                _delete(self._open.pop(staged))

    def optimize(self, name: str, quantization: Quantization) -> None:
        """Build the graph of a collection, and have it used; see `facies.core.store.graph_build`."""
        held = self.get(name)
        if _is_optimal(held.describe(), quantization):
            return
        with self._lock:
            self._check_open()
            if held.build is not None:
                raise StoreError(f"collection {name!r} is being optimized already; wait until that has ended.")
            target = layout.start_generation(self.root, _collection_of(name))
            left_over = target

            def publish() -> None:
                nonlocal left_over
                layout.write_schema(target, held.schema)
                if name not in self._staged:
                    layout.publish_generation(target)
                    self._generations[name] = target
                held.generation, left_over = target, held.generation

            build = held.build = Build(held.shard, lambda: held.schema, quantization, publish)
        try:
            build_beside(build, layout.shard_folder(target))
        finally:
            layout.discard_generation(left_over)
            held.build = None
            build.over.set()

    @contextmanager
    def copied(self, target: Path) -> Iterator[None]:
        """Copy every collection below another folder; until the context ends nobody writes, and reads go on."""
        with ExitStack() as unwritten:
            unwritten.enter_context(self._gate)
            held = {name: self.get(name) for name in self.names()}
            for one in held.values():
                unwritten.enter_context(one.shard.unwritten())
            target.mkdir(parents=True, exist_ok=True)
            for name, one in held.items():
                one.shard.flush()
                generation = target / name / one.generation.name
                copy_files(one.generation, generation, lambda _: True, lambda: None)
                layout.publish_generation(generation)
            yield

    def flush(self) -> None:
        """Write everything to disk now."""
        with self._lock:
            self._check_open()
            held = list(self._open.values())
        for one in held:
            one.shard.flush()

    def close(self) -> None:
        """Break off what is being built, flush, and let go of the folder; staged generations are deleted."""
        with self._changing():
            if self._closed:
                return
            for held in self._open.values():
                held.stop_build()
            for staged in sorted(self._staged):
                self.discard(staged)
            self._closed = True
            failures: list[FaciesError] = []
            for held in self._open.values():
                try:
                    held.shard.close()
                except FaciesError as error:  # the others still want to be closed
                    failures.append(error)
            self._open.clear()
            self._folder_lock.release()
        if failures:
            raise failures[0]

    @contextmanager
    def _changing(self) -> Iterator[None]:
        with self._gate, self._lock:
            yield

    def _check_open(self) -> None:
        if self._closed:
            raise StoreUnavailableError(str(self.root), "it has been closed")

    def _start(self, name: str, schema: CollectionSchema) -> OpenCollection:
        generation = layout.start_generation(self.root, name)
        try:
            shard = create_shard(layout.shard_folder(generation), schema)
            layout.write_schema(generation, schema)
        except FaciesError:
            layout.discard_generation(generation)
            raise
        return OpenCollection(generation, schema, shard)

    def _discard_staged_of(self, name: str) -> None:
        for staged in [one for one in self._staged if _collection_of(one) == name]:
            self.discard(staged)


def _load(generation: Path) -> OpenCollection:
    schema = layout.read_schema(generation)
    shard = Shard.load(layout.shard_folder(generation))
    with suppress(StorageError):  # on a full disk it can still be read
        clear_shard(shard, schema)
    return OpenCollection(generation, schema, shard)


def _collection_of(name: str) -> str:
    return name.partition("@")[0]


def _complete(name: str, held: OpenCollection, schema: CollectionSchema) -> None:
    merged = merge_schemas(name, held.schema, schema)
    if merged == held.schema:
        return
    with held.shard.unwritten():  # whoever copies the shard finds the schema and the shard alike
        complete_shard(held.shard, held.schema, merged)
        held.shard.flush()
        layout.write_schema(held.generation, merged)
        held.schema = merged


def _delete(held: OpenCollection) -> None:
    held.stop_build()
    held.shard.abandon()
    layout.discard_generation(held.generation)


def _is_optimal(info: CollectionInfo, quantization: Quantization) -> bool:
    return info.graphed == info.points and (info.points == 0 or info.quantization == quantization)
