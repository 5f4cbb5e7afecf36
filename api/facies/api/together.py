"""The HTTP service and the web interface together: one process for each, ended together.

The service stays in this process and keeps its latency; the interface is a child, which loads no network. Whatever
happens to this process in an orderly way (a signal, an error, the end of a command), the child ends with it.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from facies.api.app import create_app
from facies.api.child import Child, ui_command
from facies.api.service import Service
from facies.api.serving import Server, url_of
from facies.core.settings import Settings

START_S = 60.0
"""How long the interface may take to answer; a first start on a slow disk reads some hundred megabytes."""

_WATCH_S = 1.0


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the two are, for a browser on this machine."""

    api: str
    ui: str


def letting_in(settings: Settings, ui: str) -> Settings:
    """Settings of a service whose answers the pages of an interface may read: maps are fetched by the browser itself.

    A browser calls this machine by its name or by its number, and takes them for two.

    >>> letting_in(Settings(), "http://127.0.0.1:8501").api.cors_origins
    ('http://127.0.0.1:8501', 'http://localhost:8501')
    """
    origins = dict.fromkeys((*settings.api.cors_origins, ui, ui.replace("//127.0.0.1:", "//localhost:")))
    return settings.model_copy(update={"api": settings.api.model_copy(update={"cors_origins": tuple(origins)})})


OnUp: TypeAlias = Callable[[Addresses], None]


def serve_together(
    service: Service,
    listener: socket.socket,
    *,
    ui_host: str,
    ui_port: int,
    on_up: OnUp,
    then_stop: bool = False,
) -> None:
    """Serve until a signal comes; both have ended on return.

    Args:
        service: the open parts; the caller closes them.
        listener: where the service listens; closed on return.
        ui_host: address of the interface.
        ui_port: free port of the interface.
        on_up: called in a thread of its own once both answer.
        then_stop: end when ``on_up`` returns.

    Raises:
        ConfigurationError: the interface ended by itself, with the end of its log.
        ServiceUnavailableError: the interface does not answer in time.
        FaciesError: whatever ``on_up`` raises.
    """
    host, port = listener.getsockname()[:2]
    addresses = Addresses(api=url_of(host, port), ui=url_of(ui_host, ui_port))
    api_is_up, ended = threading.Event(), threading.Event()
    faults: list[BaseException] = []
    app = create_app(letting_in(service.settings, addresses.ui), service=service)
    server = Server(app, on_up=api_is_up.set, on_ending=app.state.streams.end, log_level="warning")

    def watch(child: Child) -> None:
        try:
            while not api_is_up.wait(_WATCH_S):
                if ended.is_set():
                    return
            if not child.wait_until_up(addresses.ui, timeout_s=START_S, stop=ended):
                return
            on_up(addresses)
            while not then_stop and not ended.wait(_WATCH_S):
                child.check()
        except BaseException as fault:  # raised again below, in the thread that may end the process
            faults.append(fault)
        finally:
            server.stop()

    log = service.settings.data_dir / "logs" / "ui.log"
    public = {"FACIES_UI__PUBLIC_API_URL": service.settings.ui.public_api_url or addresses.api}
    with (
        listener,
        Child("the web interface", ui_command(ui_host, ui_port, addresses.api), log=log, environment=public) as child,
    ):
        watcher = threading.Thread(target=watch, args=(child,), name="watch-ui")
        watcher.start()
        try:
            server.run(sockets=[listener])
        finally:
            ended.set()
            watcher.join()
    if faults:
        raise faults[0]
