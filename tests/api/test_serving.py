from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator

import httpx
import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from facies.api.serving import Server, find_port, log_to_stderr, open_socket, url_of
from facies.core.errors import ConfigurationError


async def hello(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "lifespan":
        for answer in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{answer}.complete"})
        return
    await PlainTextResponse("hello")(scope, receive, send)


@pytest.fixture
def taken() -> Iterator[int]:
    with open_socket("127.0.0.1", 0, setting="none") as listener:
        yield listener.getsockname()[1]


def test_a_port_that_is_taken_is_named_with_the_way_out(taken: int) -> None:
    with pytest.raises(ConfigurationError, match=f"port {taken}.*--port"):
        open_socket("127.0.0.1", taken, setting="--port")


def test_a_host_of_another_machine_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"192\.0\.2\.1"):
        open_socket("192.0.2.1", 0, setting="--host")
    with pytest.raises(ConfigurationError, match=r"no\.such\.host\.invalid"):
        open_socket("no.such.host.invalid", 0, setting="--host")


def test_the_wanted_port_is_taken_where_it_is_free_and_another_where_not(taken: int) -> None:
    other = find_port("127.0.0.1", taken)
    assert other != taken
    assert find_port("127.0.0.1", other) == other


def test_answers_are_sent_at_once() -> None:
    """asyncio switches Nagle's algorithm off only where the socket names its protocol; else answers wait 40 ms."""
    with open_socket("127.0.0.1", 0, setting="none") as listener:
        with socket.create_connection(listener.getsockname()):
            accepted, _ = listener.accept()
        with accepted:
            assert accepted.proto == socket.IPPROTO_TCP


def test_addresses_are_for_a_browser_on_this_machine() -> None:
    assert url_of("0.0.0.0", 80) == "http://127.0.0.1:80"  # noqa: S104 (only text)
    assert url_of("localhost", 80) == "http://localhost:80"


def test_the_server_says_when_it_is_up_and_stops_when_asked() -> None:
    up, ending = threading.Event(), threading.Event()
    server = Server(hello, on_up=up.set, on_ending=ending.set, log_level="warning")
    with open_socket("127.0.0.1", 0, setting="none") as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        assert up.wait(20)
        url = url_of(*listener.getsockname()[:2])
        assert httpx.get(url, trust_env=False).text == "hello"
        assert not ending.is_set()
        server.stop()
        thread.join(20)
    assert not thread.is_alive()
    assert ending.is_set()


def test_logs_keep_off_stdout() -> None:
    assert {handler["stream"] for handler in log_to_stderr()["handlers"].values()} == {"ext://sys.stderr"}


LEAVE = """
import signal
from facies.api.serving import exit_on_signals
before = signal.getsignal(signal.{name})
try:
    with exit_on_signals():
        signal.raise_signal(signal.{name})
finally:
    print("put away", signal.getsignal(signal.{name}) == before, flush=True)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_signals_that_kill_become_an_orderly_end(number: signal.Signals) -> None:
    # In a process of its own: whatever else lives in that of the tests may have its own mind about signals.
    code = LEAVE.format(name=number.name)
    ended = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, timeout=60, check=False)
    assert (ended.stdout, ended.returncode) == ("put away True\n", 128 + number)


SERVE = """
import sys
from facies.api.serving import Server, open_socket
sys.path.insert(0, {folder!r})
from test_serving import hello
with open_socket("127.0.0.1", 0, setting="none") as listener:
    Server(hello, on_up=lambda: print("up", flush=True), log_level="warning").run(sockets=[listener])
print("put away", flush=True)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_server_and_then_what_follows_it(number: signal.Signals) -> None:
    code = SERVE.format(folder=os.path.dirname(__file__))  # noqa: PTH120 (plain text for the other process)
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        process.send_signal(number)
        rest, _ = process.communicate(timeout=20)
    assert (rest, process.returncode) == ("put away\n", 0)


def test_sockets_are_closed_after_a_failure(taken: int) -> None:
    for _ in range(3):
        with pytest.raises(ConfigurationError):
            open_socket("127.0.0.1", taken, setting="--port")
    with socket.socket() as probe:  # a leak would be a ResourceWarning, which is an error here
        assert probe.fileno() > 0
