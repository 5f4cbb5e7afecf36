"""Labels to files of other tools and back: ``facies label export``, ``import`` and ``chart``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from facies.api.backend import open_backend
from facies.api.label_tables import print_export, print_import
from facies.api.options import Api, Collection, Json, Where, filter_of
from facies.api.validation import make_body
from facies.core.cli import print_answer, print_json
from facies.core.errors import ConfigurationError
from facies.core.settings import load_settings
from facies.core.wire_label_files import (
    ChartOrder,
    LabelExportBody,
    LabelFormat,
    LabelImportBody,
    LinkKind,
    RangeChartBody,
    format_of_name,
)

label_files_app = typer.Typer(pretty_exceptions_enable=False)

_CHART_SUFFIXES = (".csv", ".svg")


@label_files_app.command()
def export(
    file: Annotated[Path, typer.Argument(help="New file, or new folder for image-folder.", show_default=False)],
    *,
    collection: Collection,
    format: Annotated[
        LabelFormat | None, typer.Option(help="Else what the name of the file says.", show_default=False)
    ] = None,
    state: Annotated[
        list[str] | None,
        typer.Option(metavar="STATE", help="Only labels in this state: validated, predicted, dubious or rejected."),
    ] = None,
    where: Where = None,
    depth: Annotated[
        str | None, typer.Option(metavar="FIELD", help="Field of depths in metres; else depth_m, where there is one.")
    ] = None,
    images: Annotated[bool, typer.Option("--images", help="For ecotaxa: the images, too.")] = False,
    link: Annotated[
        LinkKind | None, typer.Option(help="For image-folder: links to the originals in place of copies.")
    ] = None,
    json: Json = False,
    api: Api = None,
) -> None:
    """Write the labels of a collection, with who gave them, when and by what.

    As csv, parquet, coco, image-folder (a folder for each class), ecotaxa (a zip file, or a table *.tsv) or darwin-core
    (an archive for GBIF). What a format cannot carry is told.
    """
    from facies.core.new_files import check_new_folder, check_target

    body = make_body(
        LabelExportBody,
        format=format or format_of_name(file.name),
        states=state or [],
        where=filter_of(where),
        depth=depth,
        pictures=images,
        link=link,
    )
    if body.format == "image-folder":
        check_new_folder(file)
    else:
        check_target(file, ("",))
    with open_backend(load_settings(), api) as backend:
        report = backend.label_files.export(collection, file, body)
    print_answer(report, print_export, as_json=json)


@label_files_app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="A file of labels, or a folder of class folders.", show_default=False)],
    *,
    collection: Collection,
    format: Annotated[
        LabelFormat | None, typer.Option(help="Else what the file looks like.", show_default=False)
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Let the file replace what a person has said here.")
    ] = False,
    apply: Annotated[bool, typer.Option("--apply", help="Give the labels; without it, only look.")] = False,
    json: Json = False,
    api: Api = None,
) -> None:
    """Show what a file of labels says of a collection; with --apply, give these labels as one batch.

    Images are found by id, else by content (sha256), else by file name. What a person has validated stays unless
    --replace is given. The batch can be taken back by `facies label undo`. The exit code is 1 where no row has a label
    for an image of the collection.
    """
    body = make_body(LabelImportBody, format=format, replace=replace, apply=apply)
    with open_backend(load_settings(), api) as backend:
        report = backend.label_files.import_(collection, file, body)
    print_answer(report, print_import, as_json=json)
    if not report.usable:
        raise typer.Exit(1)


@label_files_app.command()
def chart(
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[FILE.csv] [FILE.svg]", help="New files; without any, a table on the terminal."),
    ] = None,
    *,
    collection: Collection,
    field: Annotated[str, typer.Option(help="Metadata field of depths.")] = "depth_m",
    bin: Annotated[
        float | None, typer.Option(metavar="HEIGHT", help="Of a sample; without it, each depth is one.")
    ] = None,
    group: Annotated[str | None, typer.Option(metavar="FIELD", help="Keep samples apart by this, e.g. well.")] = None,
    where: Where = None,
    order: Annotated[
        ChartOrder, typer.Option(help="Of the taxa: by first appearance downwards (top), upwards (base), or name.")
    ] = "top",
    json: Json = False,
    api: Api = None,
) -> None:
    """Count images by taxon and depth: a range chart as CSV and as a picture.

    Validated and automatic labels are counted apart; of the automatic ones it is told between which numbers the right
    ones lie, with 95 % certainty.
    """
    from facies.core.new_files import check_target, new_file

    for file in files or []:
        check_target(file, _CHART_SUFFIXES)
    if len({file.suffix for file in files or []}) < len(files or []):
        raise ConfigurationError("give one file for each kind, FILE.csv and FILE.svg")
    body = make_body(RangeChartBody, field=field, bin=bin, group=group, where=filter_of(where), order=order)
    with open_backend(load_settings(), api) as backend:
        found = backend.label_files.range_chart(collection, body)
        for file in files or []:
            text = backend.label_files.range_chart_text(collection, body, "csv" if file.suffix == ".csv" else "svg")
            with new_file(file) as part:
                part.write_bytes(text.encode())
    if json:
        print_json({**found.model_dump(mode="json"), "files": [str(file.absolute()) for file in files or []]})
        return
    from facies.api.label_tables import print_chart

    print_chart(found, files or [])
