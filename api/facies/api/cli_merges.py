"""``facies taxonomy check`` and ``merge``: the labels of a collection, and the taxonomy that it uses."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from facies.api.backend import open_backend
from facies.api.options import Api, Collection, Json
from facies.api.taxonomy_tables import print_check, print_merged
from facies.core.cli import print_answer
from facies.core.errors import ConfigurationError, TaxonomyError
from facies.core.settings import load_settings
from facies.core.taxonomy.table import read_rows
from facies.core.wire_taxonomy import MergeLabelsBody

merges_app = typer.Typer(pretty_exceptions_enable=False)


@merges_app.command()
def check(*, collection: Collection, json: Json = False, api: Api = None) -> None:
    """List a collection's labels: names of its taxonomy, synonyms, likely misspellings, unknown ones."""
    with open_backend(load_settings(), api) as backend:
        found = backend.taxonomy.check_labels(collection)
    print_answer(found, print_check, as_json=json)


@merges_app.command()
def merge(
    *,
    collection: Collection,
    source: Annotated[
        list[str] | None, typer.Option("--from", metavar="LABEL", help="A label as images have it; repeat for more.")
    ] = None,
    target: Annotated[
        list[str] | None,
        typer.Option("--to", metavar="TAXON", help="What it becomes: name, synonym or code; one for each --from."),
    ] = None,
    file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Confirmed pairs: CSV with the columns `from` and `to`.")
    ] = None,
    all_synonyms: Annotated[
        bool,
        typer.Option("--all-synonyms", help="Also all that is certain: synonyms, codes, other case or spaces."),
    ] = False,
    json: Json = False,
    api: Api = None,
) -> None:
    """Give images accepted names in place of the labels that they have; states stay, and the batch can be undone."""
    pairs = read_pairs(source or [], target or [], file)
    if not pairs and not all_synonyms:
        raise ConfigurationError("nothing to merge: name pairs by --from and --to or --file, or give --all-synonyms")
    with open_backend(load_settings(), api) as backend:
        found = backend.taxonomy.merge_labels(collection, MergeLabelsBody(pairs=pairs, settled=all_synonyms))
    print_answer(found, print_merged, as_json=json)


def read_pairs(sources: Sequence[str], targets: Sequence[str], file: Path | None) -> dict[str, str]:
    """Gather what the options and a file name, each label once.

    Raises:
        ConfigurationError: there are not as many of one as of the other, or one label becomes two taxa.
        TaxonomyError: the file cannot be read, or is no such table.
    """
    if len(sources) != len(targets):
        raise ConfigurationError(f"{len(sources)} --from for {len(targets)} --to: expected one --to for each --from")
    found = list(zip(sources, targets, strict=True))
    if file is not None:
        found += _read_file(file)
    pairs: dict[str, str] = {}
    for label, name in found:
        if pairs.setdefault(label, name) != name:
            raise ConfigurationError(f"{label!r} is to become both {pairs[label]!r} and {name!r}, expected one of them")
    return pairs


def _read_file(file: Path) -> list[tuple[str, str]]:
    try:
        data = file.read_bytes()
    except OSError as error:
        raise TaxonomyError(f"cannot read {file}: {error.strerror or error}") from error
    _, rows = read_rows(data, str(file), needs="from")
    pairs = []
    for line, row in rows:
        if "from" not in row or "to" not in row:
            raise TaxonomyError(f"{file}, line {line}: expected a label in the column `from` and a taxon in `to`")
        pairs.append((row["from"], row["to"]))
    return pairs
