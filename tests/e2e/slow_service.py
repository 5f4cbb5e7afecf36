"""A way to the service on which each label that is given takes its time, as over a slow line."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import httpx

_OF_THE_CONNECTION = {"connection", "content-encoding", "content-length", "host", "origin", "transfer-encoding"}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    service: ClassVar[httpx.Client]
    delay_s: ClassVar[float]

    def pass_on(self) -> None:
        data = self.rfile.read(int(self.headers.get("content-length", 0)))
        if self.command == "POST" and "/labels" in self.path:
            time.sleep(self.delay_s)
        headers = {name: value for name, value in self.headers.items() if name.lower() not in _OF_THE_CONNECTION}
        answer = self.service.request(self.command, self.path, content=data, headers=headers)
        self.send_response(answer.status_code)
        for name, value in answer.headers.items():
            if name not in _OF_THE_CONNECTION:
                self.send_header(name, value)
        self.send_header("access-control-allow-origin", "*")
        self.send_header("content-length", str(len(answer.content)))
        self.end_headers()
        self.wfile.write(answer.content)

    def log_message(self, format: str, *args: object) -> None:
        """Tell nothing."""


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """Tell nothing: a browser that leaves a page lets go of its pictures."""


@contextmanager
def slow_service(api: str, delay_s: float) -> Iterator[str]:
    """The address of the detour."""
    alone = httpx.Limits(max_keepalive_connections=0)  # the service lets go of those that wait too long
    with httpx.Client(base_url=api, timeout=60, limits=alone) as service:
        methods = dict.fromkeys(("do_GET", "do_POST"), _Handler.pass_on)
        handler = type("Handler", (_Handler,), {"service": service, "delay_s": delay_s, **methods})
        with _Server(("127.0.0.1", 0), handler) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            yield f"http://127.0.0.1:{server.server_port}"
            server.shutdown()
