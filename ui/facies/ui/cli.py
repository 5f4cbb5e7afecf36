"""``facies ui``: serve the web interface in this process."""

from __future__ import annotations

import os
from importlib.util import find_spec
from typing import Annotated

import typer

from facies.core.errors import ConfigurationError
from facies.core.settings import load_settings

app = typer.Typer(name="ui", add_completion=False, pretty_exceptions_enable=False)


def streamlit_arguments(script: str, host: str, port: int) -> list[str]:
    """The arguments of ``streamlit run``; all but the address stands in ``.streamlit/config.toml`` of the package."""
    return ["run", script, "--server.address", host, "--server.port", str(port), "--server.headless", "true"]


@app.command()
def ui(
    host: Annotated[str | None, typer.Option(help="Address to listen on; FACIES_UI__HOST where left out.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; FACIES_UI__PORT where left out.")] = None,
    api: Annotated[str | None, typer.Option(help="Address of the service; FACIES_UI__API_URL where left out.")] = None,
) -> None:
    """Serve the web interface of a running API."""
    if api is not None:
        os.environ["FACIES_UI__API_URL"] = api  # the script reads its settings again, in a thread of this process
    settings = load_settings().ui
    script = find_spec("facies.ui.app")
    if script is None or script.origin is None or find_spec("streamlit") is None:
        raise ConfigurationError("the web interface is not installed, expected Streamlit. pip install 'facies[ui]'")
    from streamlit.web.cli import main as streamlit

    shown = host or settings.host
    typer.echo(f"facies ui  http://{shown}:{port or settings.port}  (service: {settings.api_url})")
    streamlit(streamlit_arguments(script.origin, shown, port or settings.port), standalone_mode=False)


if __name__ == "__main__":
    app()
