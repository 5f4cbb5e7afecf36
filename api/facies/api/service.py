"""The parts of a running service, opened together: data, embedders, and where jobs are ordered and done."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import dataclass, field

from threadpoolctl import threadpool_limits

from facies.api.drawings.desk import PreviewDesk
from facies.api.embedders import Embedders, Loader, make_loader
from facies.api.limits import QueryLimits
from facies.api.map_views import MapViews
from facies.api.namers import Namers
from facies.api.percentiles import References
from facies.api.tallies import Tallies
from facies.core.settings import Settings
from facies.core.workspace import Workspace, open_workspace
from facies.indexer.jobs.desk import JobDesk, jobs_dir
from facies.indexer.jobs.holds import kept_out
from facies.indexer.jobs.places import house_of, place_of
from facies.indexer.jobs.queue import open_queue
from facies.indexer.jobs.worker import Workers
from facies.indexer.labelling.mirror import follow_all_labels
from facies.models.gpu import find_gpu


@dataclass(frozen=True, slots=True)
class Service:
    """What every request shares.

    Attributes:
        settings: as the composition root read them.
        workspace: the open data.
        embedders: loaded networks.
        desk: where jobs are ordered.
        place: what this process is called among those that do jobs.
        copies: held while copies of uploads come or go. Collections share a copy, so a request that finds one unused
            must not race with another that is about to use it.
        references: what similarities mean in each collection.
        namers: what was learnt from the validated images of each collection.
        tallies: how many images each collection has, and of which labels.
        maps: the maps that were looked at lately.
        previews: what is named while somebody draws.
    """

    settings: Settings
    workspace: Workspace
    embedders: Embedders
    desk: JobDesk
    place: str
    copies: threading.Lock = field(default_factory=threading.Lock)
    references: References = field(default_factory=References)
    namers: Namers = field(default_factory=Namers)
    tallies: Tallies = field(default_factory=Tallies)
    maps: MapViews = field(default_factory=MapViews)
    previews: PreviewDesk = field(default_factory=PreviewDesk)

    @property
    def limits(self) -> QueryLimits:
        """What one query may ask for."""
        return QueryLimits(
            max_k=self.settings.api.max_k,
            max_pixels=self.settings.images.max_pixels,
            max_file_bytes=self.settings.indexer.max_file_bytes,
        )

    def kept_out(self, collection: str) -> AbstractContextManager[None]:
        """Let no job write to a collection for the time of the context; jobs that are ordered meanwhile wait.

        Raises:
            JobConflictError: one is writing to it.
        """
        heartbeat_s = self.settings.jobs.heartbeat_s
        return kept_out(self.workspace.catalog, collection, holder=self.place, heartbeat_s=heartbeat_s)


@contextmanager
def open_service(settings: Settings, embedders: Embedders | None = None, *, working: bool = False) -> Iterator[Service]:
    """Open the data folder for the time of the context; at its end jobs go back to the queue and everything is flushed.

    Args:
        settings: of the composition root.
        embedders: where the caller has its own; else the networks of the settings, loaded when first wanted.
        working: whether threads of this process do jobs, as many at a time as the settings say. A command that opens
            the data for one answer leaves them to others.

    Raises:
        StoreLockedError: another process holds the embedded store.
        StorageError, StoreUnavailableError, CatalogError: see `facies.core.workspace.open_workspace`.
        ConfigurationError: the address of the queue is none.
    """
    load: Loader = make_loader(settings)
    networks = embedders or Embedders(load)
    with ExitStack() as opened:
        # The products of a query are small: a thread for each core would spin and wait where others use the cores, at
        # ten times the time that one thread takes.
        opened.enter_context(threadpool_limits(1, user_api="blas"))
        workspace = opened.enter_context(open_workspace(settings))
        _free_dead(settings, workspace)
        follow_all_labels(workspace)  # a kill may have come between labels and the payload that mirrors them
        queue = opened.enter_context(closing(open_queue(settings)))
        desk = JobDesk(workspace.catalog, queue, jobs_dir(settings), max_attempts=settings.jobs.max_attempts)
        place = place_of(settings)
        if working:
            opened.enter_context(
                Workers(
                    settings,
                    workspace,
                    embedders=networks,
                    desk=desk,
                    queue=queue,
                    device=find_gpu(settings.models.device),
                    place=place,
                )
            )
        yield Service(settings, workspace, networks, desk, place)


def _free_dead(settings: Settings, workspace: Workspace) -> None:
    """Take back what processes held that died; that all of them did is certain where the store has one at a time."""
    catalog = workspace.catalog
    if settings.store.backend == "edge" and (catalog.running_beats() or catalog.hold_beats()):
        catalog.take_back_jobs_of(house_of(settings))
