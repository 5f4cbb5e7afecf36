"""What ``facies index`` does: here, in this process, or through a service."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from rich.console import Console

from facies.core.actors import local_actor
from facies.core.cli import print_json
from facies.core.errors import ConfigurationError
from facies.core.settings import Settings, load_settings
from facies.core.store.checks import check_collection_name
from facies.core.wire import IndexReport
from facies.indexer.dry_run import check_source
from facies.indexer.graph import build_where_grown
from facies.indexer.interrupts import INTERRUPTED, stop_on_interrupt
from facies.indexer.limits import limits_of
from facies.indexer.progress import ProgressBar
from facies.indexer.service_run import index_through_service
from facies.indexer.sources import Labels, Source, open_source
from facies.indexer.summary import print_summary

if TYPE_CHECKING:
    from facies.core.workspace import Workspace
    from facies.models.embedder import Embedder


@dataclass(frozen=True, slots=True)
class Order:
    """The options of the command."""

    source: str | None
    collection: str
    labels: Labels = "none"
    model: str | None = None
    recipe: str | None = None
    preset: str | None = None
    weights: Path | None = None
    relink: Path | None = None
    prune: bool = False
    dry_run: bool = False
    as_json: bool = False
    api: str | None = None
    engine: Literal["local", "ray"] = "local"
    ray_address: str | None = None
    ray_workers: int | None = None


def run(order: Order) -> int:
    """Carry out the command, print its report, and give the exit status."""
    _check(order)
    said = Console(stderr=True)
    with stop_on_interrupt(said) as stop:
        if order.api is not None:
            report = _through_service(order, order.api, said, stop)
        elif order.dry_run:
            report = _dry_run(order, load_settings(), said, stop)
        else:
            report = _index(order, load_settings(), said, stop)
    print_summary(report, Console(stderr=order.as_json))
    if order.as_json:
        print_json(report.model_dump(mode="json"))
    return INTERRUPTED if report.interrupted else 0


def _check(order: Order) -> None:
    if not order.collection:
        raise ConfigurationError("no collection was named; give --collection NAME")
    check_collection_name(order.collection)
    if not order.source and (order.relink is None or order.prune or order.dry_run):
        raise ConfigurationError(
            "no SOURCE was given; name a folder, zip file, manifest, image or URL. Only --relink DIR does without it."
        )
    for_ray = {"--ray-address": order.ray_address, "--ray-workers": order.ray_workers}
    if order.engine != "ray" and any(value is not None for value in for_ray.values()):
        raise ConfigurationError("--ray-address and --ray-workers say how --engine ray runs; give that too")
    here_only = {
        "--engine ray": order.engine == "ray",
        "--weights": order.weights,
        "--relink": order.relink,
        "--prune": order.prune,
        "--dry-run": order.dry_run,
    }
    given = [option for option, value in here_only.items() if value]
    if order.api is not None and given:
        raise ConfigurationError(
            f"{', '.join(given)} cannot go through a service; stop the service and leave --api out, or leave "
            f"{'it' if len(given) == 1 else 'them'} out"
        )
    if order.dry_run and order.engine == "ray":
        raise ConfigurationError("--dry-run reads on this machine; leave --engine ray out")
    if order.dry_run and order.relink is not None:
        raise ConfigurationError("--relink writes, --dry-run does not; give one of them")


def _through_service(order: Order, api: str, said: Console, stop: threading.Event) -> IndexReport:
    with ProgressBar(said, "indexing") as bar:
        return index_through_service(
            api,
            order.source or "",
            order.collection,
            labels=order.labels,
            model=order.model,
            recipe=order.recipe,
            preset=_preset(order),
            progress=bar,
            stop=stop,
        )


def _dry_run(order: Order, settings: Settings, said: Console, stop: threading.Event) -> IndexReport:
    from facies.models.registry import get_card

    _preset(order)
    if order.model is not None:
        get_card(order.model)
    source = open_source(order.source or "", labels=order.labels)
    try:
        with ProgressBar(said, "reading") as bar:
            report = check_source(source, limits=limits_of(settings), progress=bar, stop=stop)
    finally:
        source.close()
    report.collection = order.collection
    return report


def _index(order: Order, settings: Settings, said: Console, stop: threading.Event) -> IndexReport:
    from facies.core.workspace import open_workspace

    if order.engine == "ray":
        from facies.indexer.cluster.engine import check_backend

        check_backend(settings)
    # What can be wrong with the source is said before the network is loaded.
    source = None if order.source is None else open_source(order.source, labels=order.labels)
    try:
        with open_workspace(settings) as workspace:
            report = IndexReport(collection=order.collection)
            if order.relink is not None:
                report = _relink(order, order.relink, workspace)
            if source is None or stop.is_set():
                report.interrupted = stop.is_set()
                return report
            done = _index_source(order, settings, workspace, source, said=said, stop=stop)
            done.relinked += report.relinked
            graph = build_where_grown(
                workspace.store, order.collection, graph_above=settings.store.graph_above, said=said, stop=stop
            )
            done.notes = report.notes + done.notes + graph
            return done
    finally:
        if source is not None:
            source.close()


def _relink(order: Order, folder: Path, workspace: Workspace) -> IndexReport:
    from facies.indexer.maintenance import relink

    mended, missing = relink(workspace, order.collection, folder)
    report = IndexReport(collection=order.collection, relinked=mended)
    if missing:
        report.notes.append(f"{missing} images still miss their original; it is not below {folder}")
    return report


def _index_source(
    order: Order, settings: Settings, workspace: Workspace, source: Source, *, said: Console, stop: threading.Event
) -> IndexReport:
    from facies.indexer.pipeline import index_source

    preset = _preset(order)
    embedder, notes = _embedder(order, settings, workspace, preset, said)
    index = index_source if order.engine == "local" else _on_cluster(order, settings, embedder)
    with ProgressBar(said, "indexing") as bar:
        report = index(
            workspace,
            embedder,
            order.collection,
            source,
            preset=preset,
            limits=limits_of(settings),
            prune=order.prune,
            actor=local_actor(settings.user).name,
            progress=bar,
            stop=stop,
        )
    report.notes = notes + report.notes
    return report


def _on_cluster(order: Order, settings: Settings, embedder: Embedder) -> Callable[..., IndexReport]:
    from facies.indexer.cluster.engine import Cluster, index_on_cluster, load_like
    from facies.models.runtimes.choice import choose_runtime

    fingerprint, models = embedder.fingerprint, settings.models
    on_gpu = choose_runtime(models, fingerprint).device == "cuda"
    return partial(
        index_on_cluster,
        cluster=Cluster(order.ray_address, order.ray_workers, models.threads, gpu=on_gpu),
        load=partial(
            load_like, fingerprint=fingerprint, weights=order.weights, settings=models, weights_dir=settings.weights_dir
        ),
    )


def _embedder(
    order: Order, settings: Settings, workspace: Workspace, preset: str, said: Console
) -> tuple[Embedder, list[str]]:
    """The embedder of the collection, or the one that a new collection gets; and what to say about the choice."""
    from facies.indexer.collections import check_model, check_recipe, find_collection
    from facies.models.embedder import load_embedder
    from facies.models.presets import choose_card, choose_recipe, get_preset
    from facies.models.registry import get_card

    notes: list[str] = []
    record = find_collection(workspace, order.collection)
    if order.model is not None:
        card = get_card(order.model).name
        if record is not None:
            check_model(record, card)
    elif record is not None:
        card = record.embedded_vector.fingerprint.card
    elif order.weights is not None:
        suited = " or ".join(get_preset(preset).cards)
        raise ConfigurationError(
            f"--weights {order.weights} does not say which model it belongs to, and collection {order.collection!r}, "
            f"which would, is not there yet; give --model with its card (preset {preset}: {suited})"
        )
    else:
        card, notes = choose_card(preset, settings=settings.models, weights_dir=settings.weights_dir)
        notes = [*notes, f"new collection {order.collection!r} with preset {preset}, model {card}"]
    recipe = None
    if record is None:
        recipe = choose_recipe(preset, card, order.recipe).recipe
    elif order.recipe is not None:
        check_recipe(record.name, record.embedded_vector.fingerprint, order.recipe)
    for note in notes:
        said.print(note, markup=False, highlight=False, soft_wrap=True)
    with said.status(f"loading {card}"):
        embedder = load_embedder(
            card,
            recipe=recipe,
            weights=order.weights,
            settings=settings.models,
            weights_dir=settings.weights_dir,
            like=None if record is None else record.embedded_vector.fingerprint,
        )
    return embedder, notes


def _preset(order: Order) -> str:
    """The preset of a new collection; one that is called like a preset is one, unless another is named."""
    from facies.models.presets import PRESETS, get_preset

    if order.preset is not None:
        return get_preset(order.preset).name
    return order.collection if order.collection in PRESETS else "generic"
