"""The parts of a running service, opened together: data, embedders and index runs."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from threadpoolctl import threadpool_limits

from facies.api.embedders import Embedders, Loader, make_loader
from facies.api.index_runs import IndexRuns
from facies.api.limits import QueryLimits
from facies.api.namers import Namers
from facies.api.optimizations import Optimizations
from facies.api.percentiles import References
from facies.core.settings import Settings
from facies.core.workspace import Workspace, open_workspace
from facies.indexer.labelling.mirror import follow_all_labels


@dataclass(frozen=True, slots=True)
class Service:
    """What every request shares.

    Attributes:
        settings: as the composition root read them.
        workspace: the open data.
        embedders: loaded networks.
        runs: index runs, one at a time.
        optimizations: graphs being built.
        copies: held while copies of uploads come or go. Collections share a copy, so a request that finds one unused
            must not race with another that is about to use it.
        references: what similarities mean in each collection.
        namers: what was learnt from the validated images of each collection.
    """

    settings: Settings
    workspace: Workspace
    embedders: Embedders
    runs: IndexRuns
    optimizations: Optimizations
    copies: threading.Lock = field(default_factory=threading.Lock)
    references: References = field(default_factory=References)
    namers: Namers = field(default_factory=Namers)

    @property
    def limits(self) -> QueryLimits:
        """What one query may ask for."""
        return QueryLimits(
            max_k=self.settings.api.max_k,
            max_pixels=self.settings.images.max_pixels,
            max_file_bytes=self.settings.indexer.max_file_bytes,
        )


@contextmanager
def open_service(settings: Settings, embedders: Embedders | None = None) -> Iterator[Service]:
    """Open the data folder for the time of the context; at its end runs are stopped and everything is flushed.

    Args:
        settings: of the composition root.
        embedders: where the caller has its own; else the networks of the settings, loaded when first wanted.

    Raises:
        StoreLockedError: another process holds the embedded store.
        StorageError, StoreUnavailableError, CatalogError: see `facies.core.workspace.open_workspace`.
    """
    load: Loader = make_loader(settings)
    optimizations: Optimizations | None = None
    try:
        # The products of a query are small: a thread for each core would spin and wait where others use the cores, at
        # ten times the time that one thread takes.
        with threadpool_limits(1, user_api="blas"), open_workspace(settings) as workspace:
            follow_all_labels(workspace)  # a kill may have come between labels and the payload that mirrors them
            runs, optimizations = IndexRuns(), Optimizations(workspace.store)
            try:
                yield Service(settings, workspace, embedders or Embedders(load), runs, optimizations)
            finally:
                runs.close()
    finally:
        if optimizations is not None:
            optimizations.join()
