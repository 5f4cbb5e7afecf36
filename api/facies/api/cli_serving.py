"""``facies serve``, ``facies up`` and ``facies demo``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from facies.core.errors import ConfigurationError
from facies.core.settings import Settings, load_settings

serve_app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
up_app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
demo_app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)

Host = Annotated[str | None, typer.Option(help="Address to listen on; FACIES_API__HOST where left out.")]
Port = Annotated[
    int | None, typer.Option(min=0, max=65535, help="Port of the service, 0 for a free one; FACIES_API__PORT.")
]
CardWeights = Annotated[
    list[str] | None,
    typer.Option("--weights", metavar="MODEL=FILE", help="A checkpoint in place of a model's own sources; repeatable."),
]


@serve_app.command()
def serve(host: Host = None, port: Port = None, weights: CardWeights = None) -> None:
    """Serve the HTTP API until Ctrl-C."""
    # Imported here, so that --help does not wait for the web framework.
    from facies.api.app import create_app
    from facies.api.embedders import Embedders, make_loader
    from facies.api.service import open_service
    from facies.api.serving import Server, exit_on_signals, open_socket, url_of

    settings = listening_on(load_settings(), host)
    embedders = Embedders(make_loader(settings), parse_weights(weights))
    listening = settings.api.host
    with (
        exit_on_signals(),
        open_service(settings, embedders, working=True) as service,
        open_socket(listening, _chosen(port, settings.api.port), setting="--port or FACIES_API__PORT") as listener,
    ):
        url = url_of(listening, listener.getsockname()[1])
        app = create_app(settings, service=service)
        server = Server(app, on_up=lambda: typer.echo(f"facies API  {url}/v1"), on_ending=app.state.streams.end)
        server.run(sockets=[listener])


@up_app.command()
def up(host: Host = None, port: Port = None, weights: CardWeights = None) -> None:
    """Serve API and web interface together, at one address, until Ctrl-C."""
    from facies.api.embedders import Embedders, make_loader
    from facies.api.service import open_service
    from facies.api.serving import exit_on_signals, open_socket
    from facies.api.together import serve_together

    def announce(url: str) -> None:
        typer.echo(f"facies  {url}  (API {url}/v1). Ctrl-C ends both.")

    settings = listening_on(load_settings(), host)
    embedders = Embedders(make_loader(settings), parse_weights(weights))
    with exit_on_signals(), open_service(settings, embedders, working=True) as service:
        listener = open_socket(
            settings.api.host, _chosen(port, settings.api.port), setting="--port or FACIES_API__PORT"
        )
        serve_together(service, listener, on_up=announce)


@demo_app.command()
def demo(
    *,
    source: Annotated[
        Path | None,
        typer.Option(exists=True, file_okay=False, help="A folder of your own images in place of drawn samples."),
    ] = None,
    leave: Annotated[bool, typer.Option("--exit", help="Show that everything answers, then end.")] = False,
    port: Port = None,
) -> None:
    """Build a sample collection, search it, and serve it until Ctrl-C.

    Everything lies in a folder of its own, `demo` below the data folder; your collections are not touched.
    """
    from rich.console import Console

    from facies.api.demo import build_collection, check_answers, demo_settings, show_first_search
    from facies.api.service import open_service
    from facies.api.serving import exit_on_signals, find_port, open_socket
    from facies.api.together import serve_together

    console = Console()
    settings = demo_settings(load_settings())
    with exit_on_signals(), open_service(settings, working=True) as service:
        name, _ = build_collection(service, source, console)
        show_first_search(service, name, console)

        def on_up(url: str) -> None:
            console.print(f"Web interface  {url}\nHTTP API       {url}/v1", soft_wrap=True)
            if leave:
                check_answers(url, name, console)
            else:
                console.print("Ctrl-C ends both.")

        host = settings.api.host
        wanted = find_port(host, settings.api.port) if port is None else port
        listener = open_socket(host, wanted, setting="--port")
        serve_together(service, listener, on_up=on_up, then_stop=leave)


def listening_on(settings: Settings, host: str | None) -> Settings:
    """Settings with the address of the command line, where there is one: the service answers under its name."""
    if host is None:
        return settings
    return settings.model_copy(update={"api": settings.api.model_copy(update={"host": host})})


def parse_weights(texts: Sequence[str] | None) -> dict[str, Path]:
    """Read ``MODEL=FILE``.

    Raises:
        ConfigurationError: a text has another form, or there is no such file.
    """
    found: dict[str, Path] = {}
    for text in texts or []:
        model, equals, file = text.partition("=")
        if not (model and equals and file):
            raise ConfigurationError(f"--weights is MODEL=FILE, e.g. scampi-vits16=vit.pth; got {text!r}")
        if not Path(file).is_file():
            raise ConfigurationError(f"--weights {text}: there is no file {file}")
        found[model] = Path(file)
    return found


def _chosen(option: int | None, setting: int) -> int:
    return setting if option is None else option
