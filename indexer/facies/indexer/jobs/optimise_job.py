"""Jobs of kind ``optimise``: the graph of a collection. Begun again, a build starts anew beside the graph in use."""

from __future__ import annotations

import threading
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from facies.core.errors import FaciesError, JobError
from facies.indexer.jobs.parameters import OptimiseParameters

if TYPE_CHECKING:
    from facies.core.store import CollectionInfo
    from facies.indexer.jobs.work import Work

_LOOK_S: Final = 0.1


def run(work: Work) -> dict[str, Any]:
    """Build the graph and wait until it is in use; gives what the store says of the collection then.

    A build cannot be stopped from outside but by closing the store, which breaks it off; so where the attempt must end
    it is left alone: a cancelled one goes on to its end and does no harm.

    Raises:
        CollectionNotFoundError: there is none of this name.
        StorageError, StoreError: see `facies.core.store.VectorStore.optimize`; nothing changed.
        JobBrokenOffError: the attempt was to end.
    """
    name = work.workspace.catalog.collection(work.parameters(OptimiseParameters).collection).name
    store = work.workspace.store
    before = store.describe(name)
    work.progress("building the graph", 0, before.points)
    built: list[CollectionInfo] = []
    faults: list[Exception] = []

    def build() -> None:
        try:
            built.append(store.optimize(name))
        except Exception as fault:  # raised again in the job's own thread
            faults.append(fault)

    builder = threading.Thread(target=build, name=f"optimise-{name}")
    builder.start()
    while builder.is_alive():
        builder.join(_LOOK_S)
        if builder.is_alive():
            work.check()
    if faults:
        raise _told(faults[0])
    work.progress("building the graph", built[0].graphed, built[0].points)
    return {"collection": name, **asdict(built[0])}


def _told(fault: Exception) -> Exception:
    return fault if isinstance(fault, FaciesError) else JobError(f"the build failed: {type(fault).__name__}: {fault}")
