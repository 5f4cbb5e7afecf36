"""``facies backup`` and ``facies restore``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from facies.core.cli import print_json
from facies.core.settings import load_settings

if TYPE_CHECKING:
    from facies.indexer.backup.making import OnMember

backup_app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
restore_app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object as the last line of stdout.")]

_EVERY = 50
"""Files between two updates of the line on the terminal."""


@backup_app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="New file to write, *.tar.zst or *.tar.", show_default=False)],
    *,
    weights: Annotated[bool, typer.Option("--weights", help="Also the folder of downloaded checkpoints.")] = False,
    json: Json = False,
) -> None:
    """Write catalogue, vectors, thumbnails, uploads and drawings of the data folder into one file.

    Originals that were indexed in place are not in it. No service may run on the data folder meanwhile.
    """
    from facies.indexer.backup import make_backup

    with _telling("backing up") as on_member:
        report = make_backup(load_settings(), file, weights=weights, on_member=on_member)
    if json:
        print_json(asdict(report))
        return
    typer.echo(
        f"{report.file}: collections {report.collections}, images {report.images:,}, files {report.members:,}, "
        f"{report.file_bytes / 2**20:,.1f} MiB, {report.seconds:.1f} s"
    )
    _say(report.notes)


@restore_app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="A file that `facies backup` wrote.", show_default=False)],
    *,
    json: Json = False,
) -> None:
    """Restore a backup into the data folder (FACIES_DATA_DIR), which must hold no data yet.

    Every file is checked against its hash before anything is put in place.
    """
    from facies.indexer.backup import restore_backup

    with _telling("restoring") as on_member:
        report = restore_backup(load_settings(), file, on_member=on_member)
    if json:
        print_json(asdict(report))
        return
    typer.echo(f"restored {file} of {report.created_at} into {report.data_dir}, {report.seconds:.1f} s")
    for one in report.collections:
        points = "no vectors" if one.points is None else f"{one.points:,} points"
        typer.echo(f"  {one.name}: {one.images:,} images, {points}")
    _say(report.notes)


@contextmanager
def _telling(what: str) -> Iterator[OnMember]:
    """Show on the terminal how far it has come."""
    from rich.console import Console

    with Console(stderr=True).status(what) as status:

        def tell(members: int, size: int) -> None:
            if members % _EVERY == 0:
                status.update(f"{what}: {members:,} files, {size / 2**20:,.0f} MiB")

        yield tell


def _say(notes: list[str]) -> None:
    for note in notes:
        typer.echo(f"note: {note}", err=True)
