"""``facies taxonomy``: what is there, what comes and goes, and which one a collection uses."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from facies.api.backend import open_backend
from facies.api.options import Api, Collection, Json
from facies.api.taxonomy_tables import print_resolved, print_taxonomy
from facies.core.cli import print_answer, print_json
from facies.core.errors import ConfigurationError, TaxonomyError
from facies.core.settings import load_settings

taxonomy_app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Taxonomies: names with ranks, parents, codes and synonyms, and the labels that are held against them.",
)

Name = Annotated[str, typer.Argument(help="Name of the taxonomy.", show_default=False)]


@taxonomy_app.command("list")
def list_(*, json: Json = False, api: Api = None) -> None:
    """List all taxonomies, those that come with facies among them."""
    with open_backend(load_settings(), api) as backend:
        found = backend.taxonomy.taxonomies()
    if json:
        print_json({"taxonomies": [one.model_dump(mode="json") for one in found]})
        return
    from facies.api.taxonomy_tables import print_taxonomies

    print_taxonomies(found)


@taxonomy_app.command()
def show(name: Name, *, json: Json = False, api: Api = None) -> None:
    """Show one taxonomy as a tree: ranks, codes, ages, depths and synonyms."""
    with open_backend(load_settings(), api) as backend:
        found = backend.taxonomy.taxonomy(name)
    print_answer(found, print_taxonomy, as_json=json)


@taxonomy_app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="A table (CSV), a Darwin Core taxon table, or an archive of one.")],
    *,
    name: Annotated[str | None, typer.Option(help="Name of the taxonomy; that of the file if left out.")] = None,
    title: Annotated[str, typer.Option(help="What a Darwin Core taxonomy is; a table says it itself.")] = "",
    replace: Annotated[bool, typer.Option("--replace", help="Take the place of the one of its name.")] = False,
    json: Json = False,
    api: Api = None,
) -> None:
    """Store the taxonomy that a file holds."""
    try:
        data = file.read_bytes()
    except OSError as error:
        raise TaxonomyError(f"cannot read {file}: {error.strerror or error}") from error
    with open_backend(load_settings(), api) as backend:
        found = backend.taxonomy.import_taxonomy((file.name, data), name=name, title=title, replace=replace)
    for note in found.notes:
        typer.echo(f"note: {note}", err=True)
    if json:
        print_json(found.model_dump(mode="json"))
    else:
        typer.echo(f"taxonomy {found.taxonomy.name}: {found.taxonomy.taxa:,} taxa")


@taxonomy_app.command()
def export(
    name: Name,
    file: Annotated[Path | None, typer.Argument(help="A new CSV file; standard output if left out.")] = None,
    *,
    json: Json = False,
    api: Api = None,
) -> None:
    """Write a taxonomy as a table, which an import makes the same taxonomy of."""
    from facies.core.new_files import check_target, new_file

    if file is not None:
        check_target(file, ("",))
    with open_backend(load_settings(), api) as backend:
        text = backend.taxonomy.table(name)
    if file is None:
        if json:
            print_json({"taxonomy": name, "table": text})
        else:
            typer.echo(text, nl=False)
        return
    with new_file(file) as part:
        part.write_text(text, encoding="utf-8", newline="")
    if json:
        print_json({"taxonomy": name, "file": str(file.absolute())})


@taxonomy_app.command()
def use(
    name: Annotated[str | None, typer.Argument(help="Name of the taxonomy.", show_default=False)] = None,
    *,
    collection: Collection,
    none: Annotated[bool, typer.Option("--none", help="Use none from now on.")] = False,
    json: Json = False,
    api: Api = None,
) -> None:
    """Let a collection use a taxonomy; without a name, say which one it uses.

    From then on labels that people give are resolved: synonyms and codes become accepted names, and what is no taxon is
    refused with what it may mean. Labels that are there stay as they are: see `facies taxonomy check`.
    """
    if name is not None and none:
        raise ConfigurationError(f"either the taxonomy {name!r} or --none is used, expected one of the two")
    with open_backend(load_settings(), api) as backend:
        if name is None and not none:
            found = backend.taxonomy.taxonomy_of(collection)
        else:
            found = backend.taxonomy.use_taxonomy(collection, name)
    if json:
        print_json(found.model_dump(mode="json"))
        return
    typer.echo(f"collection {collection} uses {'no taxonomy' if found.taxonomy is None else found.taxonomy}")


@taxonomy_app.command()
def suggest(
    name: Name,
    text: Annotated[str, typer.Argument(help="As somebody wrote it.", show_default=False)],
    *,
    n: Annotated[int, typer.Option("-n", min=0, help="Most suggestions to give.")] = 3,
    json: Json = False,
    api: Api = None,
) -> None:
    """Say what a text stands for, or may have meant."""
    with open_backend(load_settings(), api) as backend:
        found = backend.taxonomy.resolve(name, text, n)
    print_answer(found, print_resolved, as_json=json)


@taxonomy_app.command()
def delete(name: Name, *, json: Json = False, api: Api = None) -> None:
    """Delete a taxonomy that was imported and that no collection uses."""
    with open_backend(load_settings(), api) as backend:
        backend.taxonomy.delete_taxonomy(name)
    if json:
        print_json({"deleted": name})
    else:
        typer.echo(f"deleted taxonomy {name}")
