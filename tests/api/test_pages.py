from __future__ import annotations

import asyncio

import pytest
from starlette.types import Message, Receive, Scope, Send

from facies.api.pages import Beside


class Told:
    """An application that remembers what it was asked for."""

    def __init__(self) -> None:
        self.paths: list[str] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.paths.append(scope.get("path", scope["type"]))


async def nothing_more() -> Message:
    return {"type": "http.disconnect"}


async def forget(message: Message) -> None:
    """Take what is sent."""


@pytest.mark.parametrize(
    ("kind", "path", "own"),
    [
        ("http", "/v1/health", True),
        ("http", "/v1", True),
        ("http", "/v1/no/such/thing", True),
        ("lifespan", "", True),
        ("http", "/", False),
        ("http", "/v10", False),
        ("http", "/static/js/index.js", False),
        ("websocket", "/_stcore/stream", False),
    ],
)
def test_the_prefix_decides(kind: str, path: str, own: bool) -> None:
    service, pages = Told(), Told()
    asyncio.run(Beside(service, interface=pages, prefix="/v1")({"type": kind, "path": path}, nothing_more, forget))
    assert (service.paths, pages.paths) == (([path], []) if own else ([], [path]))
