"""The web interface beside the service: found by its name, known by its shape, asked for what is not the service's."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from importlib import import_module
from typing import Any, Protocol, cast

from starlette.types import ASGIApp, Receive, Scope, Send

from facies.core.errors import ConfigurationError

_MODULE = "facies.ui.mounted"


class Interface(Protocol):
    """An ASGI application whose lifespan belongs to whoever mounts it."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request or socket."""

    def lifespan(self) -> Callable[[Any], AbstractAsyncContextManager[None]]:
        """What is to be entered for as long as it answers."""


def load_interface(api_url: str) -> Interface:
    """Load the web interface of this installation; `api_url` is where it reaches the service.

    Raises:
        ConfigurationError: it is not installed.
    """
    try:
        module = import_module(_MODULE)
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"the web interface is not installed ({error.name} is missing). pip install 'facies[ui]'"
        ) from error
    return cast(Interface, module.open_interface(api_url))


class Beside:
    """ASGI middleware, the innermost: paths under the service's prefix are its own, all others are the interface's.

    A route for everything else would not do: it would also answer what the service means to refuse, such as a path
    below the prefix that does not exist, or a method that a path does not take.
    """

    def __init__(self, app: ASGIApp, *, interface: ASGIApp, prefix: str) -> None:
        """Take the interface and the prefix of the service, e.g. ``/v1``."""
        self._app = app
        self._interface = interface
        self._prefix = prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass it on to one or the other."""
        mine = scope["type"] not in {"http", "websocket"} or self._is_own(scope["path"])
        await (self._app if mine else self._interface)(scope, receive, send)

    def _is_own(self, path: str) -> bool:
        return path == self._prefix or path.startswith(f"{self._prefix}/")
