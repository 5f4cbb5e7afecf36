"""A service of a few images that lives in a function: the pages talk to it through httpx's own seam."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.ui import answers, fake_collections, fake_routes, fake_upkeep, fake_work
from tests.ui.fake_state import FakeState
from tests.ui.label_answers import batch_out

ROOMS = (fake_collections.route, fake_work.route, fake_upkeep.route)


@dataclass
class FakeApi(FakeState):
    """What the service was asked, and answers that a test puts in the place of the usual ones."""

    asked: list[httpx.Request] = field(default_factory=list)
    instead: dict[str, httpx.Response | Exception] = field(default_factory=dict)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        answer = self.instead.get(f"{request.method} {request.url.path}")
        if isinstance(answer, Exception):
            raise answer
        if answer is not None:
            return answer
        told = next((told for room in ROOMS if (told := room.reply(self, request)) is not None), None)
        return told or self.problem(404, "FaciesError", f"the fake has no {request.method} {request.url.path}")

    image_out = staticmethod(answers.image_out)
    collection_out = staticmethod(answers.collection_out)
    problem = staticmethod(fake_routes.problem)
    map_out = staticmethod(answers.map_out)
    legend_out = staticmethod(answers.legend_out)
    batch_out = staticmethod(batch_out)
    drawing_out = staticmethod(answers.drawing_out)
    picture_out = staticmethod(answers.picture_out)

    def bodies(self, end: str) -> list[Any]:
        """The JSON bodies of all requests whose path ends so."""
        return [json.loads(r.content) for r in self.asked if r.url.path.endswith(end) and r.method == "POST"]

    def asked_for(self, method: str, end: str) -> bool:
        """Whether a request with this end of its path was made."""
        return any(one.method == method and one.url.path.endswith(end) for one in self.asked)
