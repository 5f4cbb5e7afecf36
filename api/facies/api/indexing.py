"""Indexing a path of the service's own disk: what may be reached, and the run that does it."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from pathlib import Path

from facies.api.collections import check_name, choose_model
from facies.api.service import Service
from facies.core.errors import AccessError, ConfigurationError, FaciesError, QueryError
from facies.core.records import Fingerprint
from facies.core.settings import Settings
from facies.core.wire import IndexBody, IndexReport, IndexRunOut
from facies.indexer.collections import check_model, check_recipe, find_collection
from facies.indexer.limits import limits_of
from facies.indexer.originals import is_url
from facies.indexer.pipeline import index_source
from facies.indexer.progress import OnProgress
from facies.indexer.sources import open_source
from facies.models.presets import choose_recipe
from facies.models.registry import get_card

_MAX_PATH_BYTES, _MAX_NAME_BYTES = 4095, 255
"""What the systems that we run on take; asked for more, they raise in place of saying that there is nothing."""

_SHOWN = 200

GRAPH_NOTE = "the graph over all vectors is being built in the background; searches and runs go on meanwhile"


def start_index(service: Service, name: str, body: IndexBody) -> IndexRunOut:
    """Begin indexing a folder, zip or manifest of the service's disk; a missing collection is made.

    What can be known at once is refused here; what shows later ends up in the run.

    Raises:
        AccessError: the path lies outside the allowed roots.
        QueryError: the collection's name, the path or the kind of labels makes no sense, or the collection belongs to
            another model.
        SourceError: nothing is at the path, or it cannot be read.
        UnknownModelError: no such model.
        JobConflictError: another run is under way.
        JobError: no run can begin.
    """
    check_name(name)
    roots = allowed_roots(service.settings)
    path = check_path(body.path, roots)
    try:
        _choose_card(service, name, body)
        source = open_source(str(path), labels=body.labels, within=roots)
    except ConfigurationError as error:  # on the command line it is; over HTTP it is the caller's mistake
        raise QueryError(error.message) from error

    def work(progress: OnProgress, stop: threading.Event) -> IndexReport:
        try:
            # Again: the collection may have been deleted meanwhile.
            card, like, notes = _choose_card(service, name, body)
            recipe = choose_recipe(body.preset, card, body.recipe).recipe if like is None else None
            report = index_source(
                service.workspace,
                service.embedders.get(card, like, recipe=recipe),
                name,
                source,
                preset=body.preset,
                limits=limits_of(service.settings),
                actor="api",
                progress=progress,
                stop=stop,
            )
        finally:
            source.close()
        if not stop.is_set():
            notes += _start_building(service, name)
        return report.model_copy(update={"notes": [*notes, *report.notes]})

    try:
        return service.runs.start(name, body.path, work)
    except BaseException:
        source.close()
        raise


def _start_building(service: Service, name: str) -> list[str]:
    """Have the graph built where the run made the collection outgrow it; what was indexed is there in any case."""
    try:
        begun = service.optimizations.start_where_grown(name, service.settings.store.graph_above)
    except FaciesError as error:
        return [f"the graph is not being built, so searches scan what it misses: {error.message}"]
    return [GRAPH_NOTE] if begun else []


def allowed_roots(settings: Settings) -> list[Path]:
    """The folders, links followed, whose images may be indexed over HTTP: the data folder and those of the settings."""
    return [Path(os.path.realpath(root)) for root in (settings.data_dir, *settings.api.allowed_roots)]


def check_path(text: str, roots: Sequence[Path]) -> Path:
    """Refuse a path that leads, links followed, out of the allowed roots; nothing is said of whether it exists.

    Args:
        text: as the caller gave it; must be absolute.
        roots: real paths.

    Raises:
        AccessError: it lies outside, or is a URL: the service reaches no address that a caller chooses.
        QueryError: it is not an absolute path, or no path at all: NUL, no UTF-8, longer than a path can be.
    """
    if not _is_path_text(text):
        shown = repr(text) if len(text) <= _SHOWN else f"{text[:_SHOWN]!r}..."
        raise QueryError(f"path is an absolute path on the service's machine, got {shown}")
    if is_url(text):
        raise AccessError(f"{text} is a URL; over HTTP only folders of the service's own disk are indexed")
    if not Path(text).is_absolute():
        raise QueryError(f"path is an absolute path on the service's machine, got {text!r}")
    real = Path(os.path.realpath(text))
    if not any(real.is_relative_to(root) for root in roots):
        raise AccessError(
            f"{text} lies outside the folders that may be indexed over HTTP ({', '.join(map(str, roots))}). Add its "
            "folder to FACIES_API__ALLOWED_ROOTS, or run `facies index` on the machine itself."
        )
    return Path(text)


def _is_path_text(text: str) -> bool:
    try:
        encoded = text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair, which JSON can spell
        return False
    if not encoded or b"\0" in encoded or len(encoded) > _MAX_PATH_BYTES:
        return False
    return all(len(part) <= _MAX_NAME_BYTES for part in encoded.split(b"/"))


def _choose_card(service: Service, name: str, body: IndexBody) -> tuple[str, Fingerprint | None, list[str]]:
    """The card, how the vectors that are there were made, and what to say about the choice."""
    existing = find_collection(service.workspace, name)
    if existing is None:
        card, notes = choose_model(service, body.preset, body.model)
        card = get_card(card).name
        choose_recipe(body.preset, card, body.recipe)
        return card, None, notes
    if body.model is not None:
        check_model(existing, get_card(body.model).name)
    if body.recipe is not None:
        check_recipe(name, existing.embedded_vector.fingerprint, body.recipe)
    like = existing.embedded_vector.fingerprint
    return like.card, like, []
