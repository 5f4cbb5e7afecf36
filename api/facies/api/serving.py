"""Runs the HTTP service in this process until a signal comes, or until somebody asks it to stop."""

from __future__ import annotations

import copy
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.config import LOGGING_CONFIG

from facies.core.errors import ConfigurationError

SHUTDOWN_S = 5
"""How long requests under way may take after a signal."""

WILDCARDS = frozenset({"0.0.0.0", "::", ""})  # noqa: S104 (compared with, not listened on)
_SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


def open_socket(host: str, port: int, *, setting: str) -> socket.socket:
    """Listen on an address; port 0 takes a free one.

    Args:
        host: a name or number of this machine.
        port: 0 to 65535.
        setting: what a person changes where the port is taken, for the message.

    Raises:
        ConfigurationError: the port is taken, or the host is none of this machine's.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM)[0]
        # The protocol is named, since asyncio sends small answers at once only where it is: else each waits 40 ms.
        listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.listen(2048)
        except OSError:
            listener.close()
            raise
    except OSError as error:
        raise ConfigurationError(
            f"cannot listen on {host} port {port}: {error.strerror or error}. Stop what uses it, or choose another "
            f"with {setting}."
        ) from error
    return listener


def find_port(host: str, wanted: int) -> int:
    """The wanted port where it is free, else one that is; somebody may take it before it is used."""
    for port in (wanted, 0):
        try:
            listener = open_socket(host, port, setting="another port")
        except ConfigurationError:
            if port == 0:
                raise
            continue
        with listener:
            return int(listener.getsockname()[1])
    raise ConfigurationError(f"no free port on {host}")


def url_of(host: str, port: int) -> str:
    """The address for a browser on this machine.

    Example:
        >>> url_of("127.0.0.1", 8000), url_of("::1", 80)
        ('http://127.0.0.1:8000', 'http://[::1]:80')
    """
    shown = "127.0.0.1" if host in WILDCARDS else host
    return f"http://[{shown}]:{port}" if ":" in shown else f"http://{shown}:{port}"


class Server(uvicorn.Server):
    """uvicorn that says when it is up, and returns after a signal where its parent class would raise it again."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        on_up: Callable[[], None],
        on_ending: Callable[[], None] = lambda: None,
        log_level: str = "info",
    ) -> None:
        """Wire it; nothing runs yet.

        Args:
            app: the application.
            on_up: called in the server's loop once it answers; must return at once.
            on_ending: called in the server's loop before it waits for the requests under way; ends those that would go
                on by themselves. Must return at once.
            log_level: of uvicorn, which logs to stderr.
        """
        super().__init__(
            uvicorn.Config(
                app,
                lifespan="on",
                log_level=log_level,
                log_config=log_to_stderr(),
                timeout_graceful_shutdown=SHUTDOWN_S,
                server_header=False,
            )
        )
        self._on_up = on_up
        self._on_ending = on_ending

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say so."""
        await super().startup(sockets=sockets)
        if self.started:
            self._on_up()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End what goes on by itself, then wait for the rest."""
        self._on_ending()
        await super().shutdown(sockets=sockets)

    def stop(self) -> None:
        """Ask the server to finish; safe from any thread."""
        self.should_exit = True

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Let a signal end the server, not the process: what the caller opened is then closed in order."""
        if threading.current_thread() is not threading.main_thread():
            yield  # signals reach the main thread alone
            return
        with handled(_SIGNALS, self.handle_exit):
            yield


@contextmanager
def exit_on_signals() -> Iterator[None]:
    """Turn the signals that would kill the process into SystemExit, so that children and files are put away."""

    def leave(number: int, _: FrameType | None) -> None:
        raise SystemExit(128 + number)

    with handled([number for number in _SIGNALS if number != signal.SIGINT], leave):
        yield


@contextmanager
def handled(numbers: Any, handler: Callable[[int, FrameType | None], Any]) -> Iterator[None]:
    """Handle signals for the time of the context; only in the main thread."""
    before = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)


def log_to_stderr() -> dict[str, Any]:
    """Log what uvicorn and we say to stderr: stdout belongs to answers."""
    config = copy.deepcopy(LOGGING_CONFIG)
    for handler in config["handlers"].values():
        handler["stream"] = "ext://sys.stderr"
    config["loggers"]["uvicorn.error"]["propagate"] = True  # Streamlit, in the same process, would keep it to itself
    config["loggers"]["facies"] = {"handlers": ["default"], "level": "INFO", "propagate": False}
    return config
