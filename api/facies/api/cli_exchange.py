"""Collections on their way: ``facies collections export``, ``import`` and ``copy``."""

from __future__ import annotations

from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from facies.api.alone import build_graph, open_bar, open_data, print_report
from facies.api.options import Json
from facies.core.errors import ConfigurationError
from facies.core.settings import Settings, load_settings

exchange_app = typer.Typer(pretty_exceptions_enable=False)

Name = Annotated[str, typer.Argument(help="Name of the collection.", show_default=False)]


@exchange_app.command()
def export(
    name: Name,
    file: Annotated[Path, typer.Argument(help="New file to write, *.parquet.", show_default=False)],
    *,
    thumbnails: Annotated[bool, typer.Option("--thumbnails", help="Also the thumbnails, in a column.")] = False,
    json: Json = False,
) -> None:
    """Write a collection to a Parquet file: images, labels, metadata and vectors."""
    from facies.indexer.exchange.exporting import export_collection

    with open_data("an export") as workspace, open_bar("exporting") as bar:
        report = export_collection(workspace, name, file, thumbnails=thumbnails, progress=bar)
    print_report(
        asdict(report),
        f"{report.file}: {report.images:,} images of {name} with {_counts(report.vectors)}, "
        f"{report.file_bytes / 2**20:,.1f} MiB, {report.seconds:.1f} s",
        report.notes,
        json=json,
    )


@exchange_app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="A file that `export` wrote.", show_default=False)],
    *,
    name: Annotated[
        str | None, typer.Option("--as", metavar="NAME", help="Name of the new collection; else the one it had.")
    ] = None,
    json: Json = False,
) -> None:
    """Make a collection of an exported Parquet file; no model is needed for it."""
    from facies.indexer.exchange.importing import import_collection

    settings = load_settings()
    with open_data("an import", settings) as workspace:
        with open_bar("importing") as bar:
            report = import_collection(workspace, file, name=name, progress=bar)
        report.notes += build_graph(workspace.store, report.collection, settings)
    print_report(
        asdict(report),
        f"made collection {report.collection}: {report.images:,} images, {report.labelled:,} labelled, with "
        f"{_counts(report.vectors)}, {report.seconds:.1f} s",
        report.notes,
        json=json,
    )


@exchange_app.command()
def copy(
    source: Annotated[str, typer.Argument(metavar="SRC", help="Name of the collection.", show_default=False)],
    target: Annotated[
        str | None, typer.Argument(metavar="DST", help="Name of its copy in this data folder.", show_default=False)
    ] = None,
    *,
    to_url: Annotated[
        str | None,
        typer.Option(
            metavar="URL", help="A Qdrant server to copy the vectors to; key and layout come from FACIES_STORE__*."
        ),
    ] = None,
    to_embedded: Annotated[
        bool, typer.Option("--to-embedded", help="Copy the vectors from the server to the embedded store.")
    ] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="Delete what the other store has under this name first.")
    ] = False,
    json: Json = False,
) -> None:
    """Copy a collection under another name, or its vectors to another store.

    The way from the embedded store to a server: copy every collection with --to-url, then set
    FACIES_STORE__BACKEND=server and FACIES_STORE__URL. The catalogue stays where it is.
    """
    from facies.indexer.exchange.copying import copy_collection

    settings = load_settings()
    if sum([target is not None, to_url is not None, to_embedded]) != 1:
        raise ConfigurationError("give one of DST (a name in this data folder), --to-url URL and --to-embedded")
    if target is not None:
        if replace:
            raise ConfigurationError("--replace is for another store; delete the collection DST first")
        with open_data("a copy", settings) as workspace:
            with open_bar("copying") as bar:
                report = copy_collection(workspace, source, target, progress=bar)
            report.notes += build_graph(workspace.store, target, settings)
        text = f"made collection {target}: {report.images:,} images with {_counts(report.vectors)}"
    else:
        report = _copy_out(settings, source, to_url, replace=replace)
        text = f"{report.images:,} images of {source} are at {report.target}, {report.written:,} points were written"
        report.notes.append(_how_to_switch(to_url))
    print_report(asdict(report), f"{text}, {report.seconds:.1f} s", report.notes, json=json)


def _copy_out(settings: Settings, source: str, to_url: str | None, *, replace: bool) -> Any:
    from facies.core.store import open_store
    from facies.indexer.exchange.copying import copy_to_store

    here = settings.store
    if to_url is not None:
        if here.backend == "server" and here.url.rstrip("/") == to_url.rstrip("/"):
            raise ConfigurationError(f"the vectors are at {to_url} already (FACIES_STORE__BACKEND=server)")
        there, where = here.model_copy(update={"backend": "server", "url": to_url}), to_url
    else:
        if here.backend == "edge":
            raise ConfigurationError("the vectors are in the embedded store already (FACIES_STORE__BACKEND=edge)")
        there, where = here.model_copy(update={"backend": "edge"}), str(settings.data_dir / "vectors")
    with (
        open_data("a copy", settings) as workspace,
        closing(open_store(there, settings.data_dir / "vectors")) as store,
    ):
        with open_bar("copying") as bar:
            report = copy_to_store(workspace, source, store, where=where, replace=replace, progress=bar)
        report.notes += build_graph(store, source, settings)
    report.target = where
    return report


def _how_to_switch(to_url: str | None) -> str:
    if to_url is None:
        return "set FACIES_STORE__BACKEND=edge once every collection is copied"
    return f"set FACIES_STORE__BACKEND=server and FACIES_STORE__URL={to_url} once every collection is copied"


def _counts(vectors: dict[str, int]) -> str:
    return ", ".join(f"{count:,} vectors {name}" for name, count in vectors.items())
