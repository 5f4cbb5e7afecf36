"""The root command ``facies``: finds its sub-commands by entry point, and turns errors into messages and exit codes.

The entry points (group ``facies.commands``) name modules of upper layers, so this layer imports none of them, and
``facies --help`` loads none of their weight.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from importlib.metadata import EntryPoint, entry_points, version
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer
from rich.console import Console
from typer.core import TyperGroup
from typer.main import get_command as command_of

from facies.core.errors import ConfigurationError, FaciesError, QueryError, UnknownModelError

if TYPE_CHECKING:
    from pydantic import BaseModel

_Body = TypeVar("_Body", bound="BaseModel")

GROUP = "facies.commands"
HELP = {
    "index": "Index a folder, zip, manifest or URL of images into a collection.",
    "search": "Find the images most similar to a file or to an indexed image.",
    "classify": "Name images from their labelled neighbours.",
    "label": "Give labels and take them back, review them, label by itself, export.",
    "taxonomy": "Bring taxonomies in, and hold labels against them.",
    "map": "Make maps of collections, on which images lie near those that they resemble.",
    "evaluate": "Measure how well vectors find and name images of the same class.",
    "segment": "Segment core photographs and macerals from a few strokes.",
    "collections": "List, show and delete collections.",
    "jobs": "Order, follow and cancel work in the background.",
    "models": "List model cards; fetch and check weights.",
    "datasets": "Fetch published benchmarks; draw sample images.",
    "serve": "Serve the HTTP API.",
    "worker": "Run jobs beside a service.",
    "ui": "Serve the web interface of a running API.",
    "up": "Serve API and web interface together.",
    "backup": "Write all data of the embedded default into one file.",
    "restore": "Restore a backup into an empty data folder.",
    "demo": "Build a sample collection, search it, and serve it.",
}
EXTRAS = {
    "models": (
        "torch",
        "timm",
        "torchvision",
        "huggingface_hub",
        "safetensors",
        "scipy",
        "sklearn",
        "threadpoolctl",
        "numba",
        "umap",
    ),
    "indexer": ("fsspec", "pyarrow", "huey", "lasio", "matplotlib"),
    "api": ("fastapi", "starlette", "uvicorn", "python_multipart"),
    "ui": ("streamlit",),
    "redis": ("redis",),
    "finetune": ("segmentation_models_pytorch",),
}
"""Which extra brings a package that the base install lacks."""
USAGE_ERRORS = (ConfigurationError, QueryError, UnknownModelError)
errors_to = Console(stderr=True)


class _Commands(TyperGroup):
    """Sub-commands that are imported when they are called, not when they are listed."""

    def list_commands(self, ctx: Any) -> list[str]:
        return [name for name in HELP if name in _found()]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        entry = _found().get(cmd_name)
        if entry is None:
            return None
        if ctx.resilient_parsing or _lists_only():
            return typer.core.TyperCommand(cmd_name, help=HELP[cmd_name])
        command = command_of(entry.load())
        command.name = cmd_name
        return command


def _found() -> Mapping[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group=GROUP)}


def _lists_only() -> bool:
    return not any(argument in HELP for argument in sys.argv[1:])


app = typer.Typer(
    name="facies",
    cls=_Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Image retrieval for the geosciences: index images, find similar ones, name them from their neighbours.",
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"facies {version('facies')}")
        raise typer.Exit


@app.callback()
def root(
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    """Hold the options that come before a sub-command."""


def print_json(value: object) -> None:
    """Print one object as one line, the last of stdout: what ``--json`` promises."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, allow_nan=False) + "\n")
    sys.stdout.flush()


def print_answer(found: _Body, show: Callable[[_Body], object], *, as_json: bool) -> None:
    """Print an answer as one object where ``--json`` asks for it, else by ``show``, as a person reads it."""
    if as_json:
        print_json(found.model_dump(mode="json"))
    else:
        show(found)


def _run() -> None:
    try:
        app()
    except ModuleNotFoundError as error:
        package = (error.name or "").split(".")[0]
        extra = next((name for name, packages in EXTRAS.items() if package in packages), None)
        if extra is None:
            raise
        raise ConfigurationError(
            f"this command needs {package}, which is not installed: pip install 'facies[{extra}]'. "
            "Without it, --api URL lets a service do the work."
        ) from error


def main() -> None:
    """Run the command line; exit 2 on usage and configuration errors, 1 on other errors, 130 on Ctrl-C."""
    try:
        _run()
    except FaciesError as error:
        errors_to.print(f"[bold red]error[/] [dim]({type(error).__name__})[/]: ", end="", highlight=False)
        errors_to.print(error.message, markup=False, highlight=False, soft_wrap=True)
        sys.exit(2 if isinstance(error, USAGE_ERRORS) else 1)
    except KeyboardInterrupt:
        errors_to.print("interrupted; what was acknowledged is kept")
        sys.exit(130)


if __name__ == "__main__":
    main()
