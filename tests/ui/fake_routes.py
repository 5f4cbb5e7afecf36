"""Which function of the tests answers which request, by method and path."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import httpx
from pydantic import BaseModel
from starlette.routing import compile_path

from facies.core import wire

Reply: TypeAlias = httpx.Response | BaseModel | Sequence[BaseModel] | None
"""A body is sent as JSON; None stands for 204, nothing to say."""


def problem(status: int, code: str, detail: str) -> httpx.Response:
    body = wire.Problem(title=code, status=status, detail=detail, code=code)
    return httpx.Response(status, json=body.model_dump(), headers={"content-type": "application/problem+json"})


class Routes:
    """A table of routes; each function is called with the service, the request and the parts of the path by name."""

    def __init__(self) -> None:
        self.table: dict[tuple[str, str], tuple[re.Pattern[str], Callable[..., Reply]]] = {}

    def __call__(self, method: str, path: str) -> Callable[[Callable[..., Reply]], Callable[..., Reply]]:
        """Enter a function for this method and path, such as ``/jobs/{job}``; ``{rest:path}`` takes slashes too."""
        assert (method, path) not in self.table, f"{method} {path} is answered twice"

        def enter(function: Callable[..., Reply]) -> Callable[..., Reply]:
            self.table[method, path] = compile_path(f"/v1{path}")[0], function
            return function

        return enter

    def reply(self, service: Any, request: httpx.Request) -> httpx.Response | None:
        """What the function of the first route that fits says; None where none does."""
        for (method, _), (pattern, function) in self.table.items():
            found = pattern.match(request.url.path)
            if method == request.method and found:
                return _response(function(service, request, **found.groupdict()))
        return None


def _response(told: Reply) -> httpx.Response:
    if isinstance(told, httpx.Response):
        return told
    if told is None:
        return httpx.Response(204)
    if isinstance(told, BaseModel):
        return httpx.Response(200, json=told.model_dump(mode="json"))
    return httpx.Response(200, json=[one.model_dump(mode="json") for one in told])
