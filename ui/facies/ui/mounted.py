"""The interface as an ASGI application, for a process that serves the API beside it: one address for both.

The service loads this module by its name, since it knows nothing else of the interface. `facies ui` needs none of it.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from streamlit import config
from streamlit.starlette import App

SCRIPT = Path(__file__).parent / "app.py"
SAME_ORIGIN = "/"


def open_interface(api_url: str) -> App:
    """Make the interface of a service that answers under the same address for the browser.

    Streamlit has one runtime a process, so there is one interface a process. It runs while the lifespan of the
    application does, which whoever mounts it enters.

    Args:
        api_url: the service as threads of this process reach it.
    """

    @asynccontextmanager
    async def told(_: App) -> AsyncIterator[None]:
        with environment(settings_for(api_url, os.environ)):
            yield

    app = App(SCRIPT, lifespan=told)
    config.get_option(
        "logger.level"
    )  # read now: at that moment Streamlit takes over the server's log, which is not its
    return app


def settings_for(api_url: str, given: Mapping[str, str]) -> dict[str, str]:
    """The settings that the script is to read; an address for the browser that a person has set stands.

    >>> settings_for("http://127.0.0.1:8000", {})
    {'FACIES_UI__API_URL': 'http://127.0.0.1:8000', 'FACIES_UI__PUBLIC_API_URL': '/'}
    """
    public = "FACIES_UI__PUBLIC_API_URL"
    return {"FACIES_UI__API_URL": api_url, public: given.get(public) or SAME_ORIGIN}


@contextmanager
def environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Set variables for the time of the context: the script reads its settings again in each of its threads."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
