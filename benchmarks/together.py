"""``python -m benchmarks.together``: searches while pages are in use, in one process with the interface and in two.

One side is `facies up`, the other `facies serve` with `facies ui` beside it, by turns over the same collection of drawn
samples. Pages are used by scripts that speak Streamlit's own protocol: each opens a session on the search page and has
it drawn again and again, every time for another image, as somebody does who clicks through neighbours without a pause.
"""

from __future__ import annotations

import argparse
import http.client
import itertools
import json
import os
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self
from urllib.parse import urlsplit

import httpx
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect
from websockets.typing import Origin, Subprotocol

from benchmarks.commands import COLLECTION, make_samples, running
from benchmarks.machine import resident_mib
from benchmarks.table import Table, say
from benchmarks.timing import percentile
from facies.api.serving import find_port

ROOM: Final = "together"
SIDES: Final = ("one process", "two processes")
SESSIONS: Final = (0, 1, 4)
START_S: Final = 120.0
K: Final = 20


@dataclass(frozen=True, slots=True)
class Place:
    """Where service and interface are, and their processes."""

    api: str
    ui: str
    pids: tuple[int, ...]


@dataclass(slots=True)
class Times:
    """Milliseconds that searches and drawings of a page took, all rounds."""

    search: list[float] = field(default_factory=list)
    drawing: list[float] = field(default_factory=list)
    p95: list[float] = field(default_factory=list)
    """Of the searches, round by round."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure by turns, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.together")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--searches", type=int, default=300, help="of each round and number of sessions")
    parser.add_argument("--data", type=Path, help="the demonstration's data folder, where there is one already")
    options = parser.parse_args(arguments)
    taken: dict[tuple[str, int], Times] = {(side, n): Times() for side in SIDES for n in SESSIONS}
    memory: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        data = options.data or make_samples(Path(folder))
        for turn in range(options.rounds):
            for side in SIDES:
                with _serve(side, data) as place:
                    ids = _image_ids(place)
                    _search_by_upload(place, ids[0])  # the network is loaded, as it is after a person's first upload
                    for sessions in SESSIONS:
                        _measure(place, ids, sessions, options.searches, taken[side, sessions])
                    memory[side] = sum(resident_mib(pid) for pid in place.pids)
                say(f"round {turn + 1}, {side}: " + "; ".join(_words(n, taken[side, n]) for n in SESSIONS))
    table = Table()
    for (side, sessions), times in taken.items():
        case = f"{side}, {sessions} pages in use"
        for share in (0.5, 0.95, 0.99):
            table.add(ROOM, case, f"search p{share * 100:.0f}", percentile(times.search, share), "ms")
        table.add(ROOM, case, "search p95, worst round", max(times.p95), "ms")
        if times.drawing:
            table.add(ROOM, case, "page drawn p50", percentile(times.drawing, 0.5), "ms")
            table.add(ROOM, case, "page drawn p95", percentile(times.drawing, 0.95), "ms")
    for side, mib in memory.items():
        table.add(ROOM, side, "memory, all processes", mib, "MiB")
    print(table.text())
    say(f"written to {table.write()}")


def _words(sessions: int, times: Times) -> str:
    return f"{sessions} pages, p50 {statistics.median(times.search):.1f}, p95 {times.p95[-1]:.1f} ms"


@contextmanager
def _serve(side: str, data: Path) -> Iterator[Place]:
    with ExitStack() as opened:
        if side == SIDES[0]:
            both = opened.enter_context(running(data, "up", "--port", "0"))
            yield Place(both.url, both.url, (both.pid,))
            return
        api = opened.enter_context(running(data, "serve", "--port", "0"))
        port = find_port("127.0.0.1", 0)
        ui = opened.enter_context(running(data, "ui", "--port", str(port), "--api", api.url))
        _wait_for(f"{ui.url}/_stcore/health")
        yield Place(api.url, ui.url, (api.pid, ui.pid))


def _wait_for(url: str) -> None:
    end = time.monotonic() + START_S
    while time.monotonic() < end:
        try:
            if httpx.get(url, trust_env=False).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise RuntimeError(f"nothing answers at {url} after {START_S:g} s")


def _image_ids(place: Place) -> list[str]:
    listed = httpx.get(f"{place.api}/v1/collections/{COLLECTION}/images", params={"limit": 200}, trust_env=False)
    return [image["id"] for image in listed.raise_for_status().json()["images"]]


def _search_by_upload(place: Place, image_id: str) -> None:
    with httpx.Client(base_url=place.api, trust_env=False, timeout=START_S) as client:
        picture = client.get(f"/v1/collections/{COLLECTION}/images/{image_id}/original").raise_for_status().content
        query = {"query": json.dumps({"positive": [{"upload": 0}], "k": K})}
        files = {"files": ("query", picture)}
        client.post(f"/v1/collections/{COLLECTION}/search/upload", data=query, files=files).raise_for_status()


def _measure(place: Place, ids: Sequence[str], sessions: int, searches: int, times: Times) -> None:
    """Search while so many pages are in use."""
    done, failures = threading.Event(), list[BaseException]()
    drawn: list[float] = []
    ready = threading.Barrier(sessions + 1)

    def use(number: int) -> None:
        try:
            with Page(place.ui) as page:
                turns = itertools.cycle(ids[number::7])
                page.draw(next(turns))
                ready.wait(START_S)
                while not done.is_set():
                    drawn.append(_ms(page.draw, next(turns)))
        except BaseException as failure:  # raised again below, in the thread that measures
            failures.append(failure)
            ready.abort()

    users = [threading.Thread(target=use, args=[number]) for number in range(sessions)]
    for user in users:
        user.start()
    try:
        ready.wait(START_S)
        with Searches(place.api) as client:
            for image_id in itertools.islice(itertools.cycle(ids), 20):
                client.search(image_id)
            took = [_ms(client.search, one) for one in itertools.islice(itertools.cycle(ids), searches)]
    finally:
        done.set()
        for user in users:
            user.join()
        if failures:
            raise failures[0]
    times.search += took
    times.p95.append(percentile(took, 0.95))
    times.drawing += drawn


def _ms(do: Callable[[str], object], what: str) -> float:
    start = time.perf_counter()
    do(what)
    return (time.perf_counter() - start) * 1000


class Searches:
    """One kept connection to the service."""

    def __init__(self, api: str) -> None:
        """Connect with the first request."""
        self._connection = http.client.HTTPConnection(urlsplit(api).netloc, timeout=START_S)

    def search(self, image_id: str) -> None:
        """Ask for the neighbours of an image."""
        body = json.dumps({"positive": [{"id": image_id}], "k": K})
        headers = {"Content-Type": "application/json"}
        self._connection.request("POST", f"/v1/collections/{COLLECTION}/search", body, headers)
        answer = self._connection.getresponse()
        content = answer.read()
        if answer.status != http.client.OK:
            raise RuntimeError(f"the service answered {answer.status}: {content[:500]!r}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()


class Page:
    """A session on the search page, as a browser's script holds it."""

    def __init__(self, ui: str) -> None:
        """Take the address."""
        address = ui.replace("http", "ws", 1) + "/_stcore/stream"
        self._opening = connect(address, origin=Origin(ui), subprotocols=[Subprotocol("streamlit")], max_size=None)

    def _receive(self) -> bytes:
        answer = self._socket.recv(timeout=START_S)
        return answer.encode() if isinstance(answer, str) else answer

    def draw(self, image_id: str) -> None:
        """Ask for the page of an image, and wait until all of it has come."""
        message = BackMsg()
        message.rerun_script.query_string = f"collection={COLLECTION}&id={image_id}"
        self._socket.send(message.SerializeToString())
        while True:
            answer = ForwardMsg.FromString(self._receive())
            if answer.WhichOneof("type") == "script_finished":
                if answer.script_finished == ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                    continue
                return

    def __enter__(self) -> Self:
        self._socket = self._opening.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()


if __name__ == "__main__":
    os.environ.setdefault("NO_PROXY", "127.0.0.1")
    main()
