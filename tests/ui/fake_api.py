"""A service of a few images that lives in a function: the pages talk to it through httpx's own seam."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx
import numpy as np
from pydantic import BaseModel

from facies.core import (
    wire,
    wire_classify,
    wire_drawings,
    wire_jobs,
    wire_labels,
    wire_maps,
    wire_search,
    wire_taxonomy,
)
from tests.ui import label_answers
from tests.ui.answers import (
    LABELS,
    checked_out,
    collection_out,
    drawing_out,
    image_out,
    legend_out,
    map_out,
    picture_out,
    summary_out,
    taxonomy_out,
)
from tests.ui.label_answers import batch_out

from . import fake_upkeep

POSITIONS = np.arange(10, dtype="<f4")
CODES = np.array([0, 0, 1, 1, 2], dtype="u1")


def problem(status: int, code: str, detail: str) -> httpx.Response:
    body = wire.Problem(title=code, status=status, detail=detail, code=code)
    return httpx.Response(status, json=body.model_dump(), headers={"content-type": "application/problem+json"})


@dataclass
class FakeApi:
    """What the service holds, what it was asked, and answers that a test puts in the place of the usual ones."""

    collections: list[wire.CollectionOut] = field(default_factory=lambda: [collection_out()])
    images: list[wire.ImageOut] = field(default_factory=lambda: [image_out(place) for place in range(5)])
    asked: list[httpx.Request] = field(default_factory=list)
    instead: dict[str, httpx.Response | Exception] = field(default_factory=dict)
    jobs: list[wire_jobs.JobOut] = field(default_factory=list)
    labelled: int = 0
    maps: list[wire_maps.MapOut] = field(default_factory=list)
    batches: list[wire_labels.LabelBatchOut] = field(default_factory=list)
    drawings: list[wire_drawings.DrawingOut] = field(default_factory=list)
    job_files: dict[str, bytes] = field(default_factory=dict)
    passing: int = 5
    taxonomy: str | None = None
    taxonomies: list[wire_taxonomy.TaxonomySummaryOut] = field(
        default_factory=lambda: [summary_out("drawn"), summary_out("scampi-20", builtin=True)]
    )

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        answer = self.instead.get(f"{request.method} {request.url.path}")
        if isinstance(answer, Exception):
            raise answer
        if answer is not None:
            return answer
        told = fake_upkeep.reply(request)
        return told if told is not None else self._answer(request.method, request.url.path, request)

    image_out = staticmethod(image_out)
    collection_out = staticmethod(collection_out)
    problem = staticmethod(problem)
    map_out = staticmethod(map_out)
    legend_out = staticmethod(legend_out)
    batch_out = staticmethod(batch_out)
    drawing_out = staticmethod(drawing_out)
    picture_out = staticmethod(picture_out)

    def bodies(self, end: str) -> list[Any]:
        """The JSON bodies of all requests whose path ends so."""
        return [json.loads(r.content) for r in self.asked if r.url.path.endswith(end) and r.method == "POST"]

    def asked_for(self, method: str, end: str) -> bool:
        """Whether a request with this end of its path was made."""
        return any(one.method == method and one.url.path.endswith(end) for one in self.asked)

    def _answer(self, method: str, path: str, request: httpx.Request) -> httpx.Response:  # noqa: PLR0911, PLR0912, PLR0915 (one a route)
        parts = path.removeprefix("/v1/").split("/")
        match method, parts:
            case "GET", ["health"]:
                return self._json(wire.HealthOut(status="ok", version="0", store="ok", catalog="ok"))
            case "GET", ["models"]:
                return httpx.Response(
                    200, json=[self._model("lite0", available=True), self._model("vits", available=False)]
                )
            case "GET", ["collections"]:
                return httpx.Response(200, json=[c.model_dump(mode="json") for c in self.collections])
            case "POST", ["collections"]:
                made = collection_out(json.loads(request.content)["name"], images=0, notes=["lite0 is used instead"])
                self.collections.append(made)
                return self._json(made)
            case "GET", ["collections", name]:
                return self._collection(name)
            case "DELETE", ["collections", name]:
                self.collections = [c for c in self.collections if c.name != name]
                return httpx.Response(204)
            case "GET", ["collections", _, "images"]:
                return self._page(request)
            case "DELETE", ["collections", _, "images", image_id]:
                self.images = [one for one in self.images if one.id != image_id]
                return httpx.Response(204)
            case "GET", ["collections", name, "images", image_id]:
                image = next((i for i in self.images if i.id == image_id), None)
                if image is not None:
                    return self._json(image)
                return problem(404, "ImageNotFoundError", f"collection {name!r} holds no image {image_id!r}")
            case "POST", ["collections", name, "search", *_]:
                return self._search(name, request)
            case "POST", ["collections", name, "count"]:
                by = {"label": LABELS, "state": {"validated": 5}, "well": {"6407/6-5": 4, "34/10-1": 1}}
                asked = json.loads(request.content).get("by", {})
                counts = {field: by[field] for field in asked}
                return self._json(wire_search.CountOut(collection=name, images=self.passing, by=counts))
            case "POST", ["collections", name, "classify", *_]:
                votes = [wire_classify.PredictionOut(label="azolla", probability=0.75)]
                one = wire_classify.ClassifiedOut(name="x", top=votes, neighbours=[])
                return self._json(wire_classify.ClassifyOut(collection=name, vector="lite0", k=15, predictions=[one]))
            case "POST", ["collections", _, "index"]:
                return self._json(self.jobs[0])
            case _, ["collections", _, "maps", *rest]:
                return self._maps(rest, request)
            case "GET", ["collections", name, "taxonomy"]:
                return self._json(wire_taxonomy.CollectionTaxonomyOut(collection=name, taxonomy=self.taxonomy))
            case "GET", ["taxonomies"]:
                return httpx.Response(200, json=[one.model_dump(mode="json") for one in self.taxonomies])
            case "POST", ["taxonomies"]:
                told = wire_taxonomy.ImportedTaxonomyOut(
                    taxonomy=summary_out("mine"), notes=["two rows without a name"]
                )
                self.taxonomies.append(told.taxonomy)
                return self._json(told)
            case "DELETE", ["taxonomies", name]:
                self.taxonomies = [one for one in self.taxonomies if one.name != name]
                return httpx.Response(204)
            case "PUT", ["collections", name, "taxonomy"]:
                self.taxonomy = json.loads(request.content)["taxonomy"]
                return self._json(wire_taxonomy.CollectionTaxonomyOut(collection=name, taxonomy=self.taxonomy))
            case "GET", ["collections", name, "taxonomy", "labels"]:
                return self._json(checked_out(name))
            case "POST", ["collections", name, "taxonomy", "merge"]:
                merged = {"azola": "azolla"}
                done = wire_taxonomy.MergedLabelsOut(
                    collection=name, taxonomy="drawn", batch=9, images=2, merged=merged
                )
                return self._json(done)
            case "GET", ["taxonomies", name]:
                return self._json(taxonomy_out(name))
            case "POST", ["collections", _, "labels", "batches", number, "undo"]:
                return self._json(batch_out(int(number) + 1))
            case "POST", ["collections", _, "labels"]:
                return self._json(self._label(json.loads(request.content)["labels"]))
            case "GET", ["collections", _, "labels", "batches"]:
                return self._json(self._batches(int(request.url.params["limit"])))
            case _, ["drawings", *rest]:
                return self._drawings(method, rest)
            case "GET", ["jobs", _, "files", name]:
                return httpx.Response(200, content=self.job_files[name])
            case "POST", ["jobs"]:
                return self._json(self.jobs[0])
            case "GET", ["jobs"]:
                return self._json(self._job_page(request))
            case "GET", ["jobs", _, "log"]:
                line = wire_jobs.JobLogLine(number=1, at=datetime(2026, 3, 4, tzinfo=UTC), level="info", line="begun")
                return self._json(wire_jobs.JobLogOut(lines=[line], after=1))
            case "GET", ["jobs", _]:
                return self._json(self.jobs.pop(0) if len(self.jobs) > 1 else self.jobs[0])
            case "POST", ["jobs", _, "cancel" | "retry"]:
                return self._json(self.jobs[0])
        answer = label_answers.answer(parts[2:], request.content, self.images)
        if answer is not None:
            return self._json(answer)
        return problem(404, "FaciesError", f"the fake has no {method} {path}")

    def _collection(self, name: str) -> httpx.Response:
        found = next((c for c in self.collections if c.name == name), None)
        if found is None:
            return problem(404, "CollectionNotFoundError", f"no collection {name!r}")
        return self._json(found.model_copy(update={"facets": {"well": {"6407/6-5": found.images}}}))

    def _batches(self, limit: int) -> wire_labels.LabelBatchPage:
        older = self.batches[limit - 1].number if len(self.batches) > limit else None
        return wire_labels.LabelBatchPage(batches=self.batches[:limit], next_before=older)

    def _label(self, labels: list[dict[str, Any]]) -> wire_labels.LabelBatchOut:
        given = {one["id"]: {"label": one["label"], "state": one["state"]} for one in labels}
        self.images = [image.model_copy(update=given.get(image.id, {})) for image in self.images]
        self.labelled += 1
        return batch_out(20 + self.labelled, images=len(given))

    def _drawings(self, method: str, rest: list[str]) -> httpx.Response:
        if not rest:
            if method == "POST":
                self.drawings.append(drawing_out())
                return self._json(self.drawings[-1])
            return httpx.Response(200, json=[one.model_dump(mode="json") for one in self.drawings])
        found = [one for one in self.drawings if one.id == rest[0]]
        if not found:
            return problem(404, "DrawingNotFoundError", f"there is no drawing {rest[0]!r}")
        if method == "DELETE" and len(rest) == 1:
            self.drawings.remove(found[0])
            return httpx.Response(204)
        return self._json(self.jobs[0] if rest[-1] == "runs" else found[0])

    def _job_page(self, request: httpx.Request) -> wire_jobs.JobPage:
        state, kind = (request.url.params.get(name) for name in ("state", "kind"))
        found = [job for job in self.jobs if state in (None, job.state) and kind in (None, job.kind)]
        return wire_jobs.JobPage(jobs=found[: int(request.url.params["limit"])], after=None)

    def _maps(self, rest: list[str], request: httpx.Request) -> httpx.Response:
        if not rest:
            return httpx.Response(200, json=[one.model_dump(mode="json") for one in self.maps])
        if rest[-1] in ("positions", "column"):
            return httpx.Response(200, content=POSITIONS.tobytes() if rest[-1] == "positions" else CODES.tobytes())
        asked, enclosed = request.url.params, self.images[:4]
        answers: dict[str, Callable[[], BaseModel]] = {
            "legend": lambda: legend_out(asked["by"], asked.get("rank")),
            "lasso": lambda: wire_maps.LassoOut(
                map=3, count=4, ids=[i.id for i in enclosed], images=enclosed, labels={"azolla": 3}
            ),
            "labels": lambda: wire_maps.LassoLabelsOut(count=3, kept=1, batch=batch_out()),
        }
        return self._json(answers[rest[-1]]() if rest[-1] in answers else self.images[int(rest[-1])])

    def _page(self, request: httpx.Request) -> httpx.Response:
        offset, limit = (int(request.url.params[name]) for name in ("offset", "limit"))
        label = request.url.params.get("label")
        passing = [i for i in self.images if label in (None, i.label)]
        return self._json(wire.ImagePage(total=len(passing), offset=offset, images=passing[offset : offset + limit]))

    def _search(self, name: str, request: httpx.Request) -> httpx.Response:
        query = json.loads(request.content) if "json" in request.headers["content-type"] else {}
        if request.url.path.endswith("side-by-side"):
            lists = [self._neighbours(name, query) for _ in query["vectors"]]
            named = [one.model_copy(update={"vector": v}) for one, v in zip(lists, query["vectors"], strict=True)]
            return self._json(wire_search.SideBySideOut(collection=name, lists=named))
        return self._json(self._neighbours(name, query))

    def _neighbours(self, name: str, query: dict[str, Any]) -> wire_search.SearchOut:
        offset, k = query.get("offset", 0), query.get("k", 10)
        found = [
            wire_search.NeighbourOut(**i.model_dump(), similarity=0.9 - 0.01 * place)
            for place, i in enumerate(self.images)
        ]
        return wire_search.SearchOut(
            collection=name, vector="lite0", k=k, offset=offset, neighbours=found[offset : offset + k]
        )

    @staticmethod
    def _json(body: BaseModel) -> httpx.Response:
        return httpx.Response(200, json=body.model_dump(mode="json"))

    @staticmethod
    def _model(name: str, *, available: bool) -> dict[str, Any]:
        card = wire.ModelOut(
            name=name,
            title=f"Title of {name}",
            publication="A. Author (2020)",
            licence="Apache-2.0",
            input_px=224,
            dim=4,
            available=available,
            sources=["packaged"],
            notes="",
        )
        return card.model_dump(mode="json")
