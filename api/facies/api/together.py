"""The HTTP service and the web interface together: one process, one address.

The interface calls the service over HTTP on the loopback interface, as it does from a process of its own. It does so
in threads of its scripts, while the server's loop goes on, so neither waits for the other.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from typing import TypeAlias

from facies.api.app import create_app
from facies.api.pages import load_interface
from facies.api.service import Service
from facies.api.serving import Server, url_of

OnUp: TypeAlias = Callable[[str], None]


def serve_together(service: Service, listener: socket.socket, *, on_up: OnUp, then_stop: bool = False) -> None:
    """Serve until a signal comes.

    Args:
        service: the open parts; the caller closes them.
        listener: where both listen; closed on return.
        on_up: called with the address in a thread of its own, once both answer.
        then_stop: end when ``on_up`` returns.

    Raises:
        ConfigurationError: the interface is not installed.
        FaciesError: whatever ``on_up`` raises.
    """
    with listener:
        url = url_of(*listener.getsockname()[:2])
        app = create_app(service.settings, service=service, interface=load_interface(url))
        up, faults = threading.Event(), list[BaseException]()
        server = Server(app, on_up=up.set, on_ending=app.state.streams.end, log_level="warning")

        def watch() -> None:
            up.wait()
            try:
                if server.started:
                    on_up(url)
            except BaseException as fault:  # raised again below, in the thread that may end the process
                faults.append(fault)
            if then_stop or faults:
                server.stop()

        watcher = threading.Thread(target=watch, name="watch-up")
        watcher.start()
        try:
            server.run(sockets=[listener])
        finally:
            up.set()
            watcher.join()
    if faults:
        raise faults[0]
