from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from facies.api.cli import search_app
from facies.api.service import Service
from facies.core.errors import QueryError
from facies.core.records import ImageRecord

from .conftest import CARD

Run = Callable[..., dict[str, Any]]


@pytest.fixture
def run(shared_http: httpx.Client) -> Run:
    def call(*arguments: str) -> dict[str, Any]:
        options = ["--collection", "g", "--json", "--api", str(shared_http.base_url)]
        result = CliRunner().invoke(search_app, [*arguments, *options])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == 0, result.output
        answer: dict[str, Any] = json.loads(result.stdout.splitlines()[-1])
        return answer

    return call


def images(shared: Service) -> list[ImageRecord]:
    return shared.workspace.catalog.list_images("g", limit=24)


def ids(found: dict[str, Any]) -> list[str]:
    return [n["id"] for n in found["neighbours"]]


def test_search_by_file_and_by_id(run: Run, shared: Service) -> None:
    image = images(shared)[0]
    found = run(image.uri, "--k", "4")
    assert len(found["neighbours"]) == 4
    assert {"id", "similarity", "percentile", "label", "path", "group", "folded"} <= set(found["neighbours"][0])
    assert found["neighbours"][0]["id"] == image.id
    by_id = run(image.id, "--k", "3")
    assert by_id["neighbours"] == found["neighbours"][1:]


def test_options_reach_the_query(run: Run, shared: Service) -> None:
    image = images(shared)[0]
    ranking = run(image.id, "--k", "20")["neighbours"]
    assert run(image.id, "--k", "5", "--offset", "3")["neighbours"] == ranking[3:8]
    narrowed = run(image.id, "--k", "20", "--where", "label=well_log|bar_chart", "--where", "label!=bar_chart")
    assert {n["label"] for n in narrowed["neighbours"]} == {"well_log"}
    box = f"0,0,{image.width},{image.height}"
    assert ids(run(image.id, "--k", "1", "--crop", box)) == [image.id]
    against = run(image.id, "--k", "20", "--not", ranking[0]["id"])
    assert ranking[0]["id"] not in ids(against)


def test_each_target_may_have_a_crop_of_its_own(run: Run, shared: Service) -> None:
    one, other, against = images(shared)[:3]
    half = f"@0,0,{one.width // 2},{one.height}"
    whole = f"@0,0,{one.width},{one.height}"
    found = run(f"{one.uri}{half}", f"{other.id}{whole}", "--not", f"{against.uri}{half}", "--k", "24")
    assert {one.id, other.id, against.id} <= set(ids(found))
    plain = run(one.uri, other.id, "--not", against.uri, "--k", "24")
    assert ids(plain) != ids(found)
    assert ids(run(f"{one.uri}{half}", "--k", "5")) == ids(run(one.uri, "--k", "5", "--crop", half[1:]))


def test_shapes_reach_the_query(run: Run, shared: Service) -> None:
    image = images(shared)[0]
    plain = run(image.id, "--k", "23")
    again = run(image.id, "--k", "23", "--rerank")
    expanded = run(image.id, "--k", "23", "--rerank-by", "query_expansion")
    methods = [found["reranked_by"] for found in (plain, again, expanded)]
    assert methods == [None, "diffusion", "query_expansion"]
    assert len({tuple(ids(found)) for found in (plain, again, expanded)}) == 3
    assert run(image.id, "--k", "23", "--no-rerank")["neighbours"] == plain["neighbours"]
    assert sorted(ids(again)) == sorted(ids(plain))
    grouped = run(image.id, "--group-by", "label", "--per-group", "2")["neighbours"]
    assert sorted(n["group"] for n in grouped) == sorted([*{n["label"] for n in plain["neighbours"]}] * 2)
    folded = run(image.id, "--k", "23", "--fold", "0.9")["neighbours"]
    assert sum(n["folded"] for n in folded) + len(folded) == 23
    assert ids(run(image.id, "--k", "23", "--diversity", "0.7")) != ids(plain)


def test_vectors_are_fused_or_beside_each_other(run: Run, shared: Service) -> None:
    image = images(shared)[0]
    beside = run(image.id, "--k", "5", "--side-by-side")
    assert [one["vector"] for one in beside["lists"]] == [CARD]
    assert beside["lists"][0] == run(image.id, "--k", "5", "--vector", CARD)
    with pytest.raises(QueryError, match="no vector 'x'"):
        run(image.id, "--vector", CARD, "--vector", "x")
    with pytest.raises(QueryError, match="counts once"):
        run(image.id, "--vector", CARD, "--vector", CARD)


def test_a_query_that_makes_no_sense_says_why(run: Run, shared: Service, tmp_path: Path) -> None:
    image = images(shared)[0]
    with pytest.raises(QueryError, match="the query is empty"):
        run()
    with pytest.raises(QueryError, match="all examples are negative, so there is nothing to be near to"):
        run("--not", image.id)
    with pytest.raises(QueryError, match=r"x=0, y=0, width=97.* does not lie inside the image of 96 x 80"):
        run(f"{image.uri}@0,0,{image.width + 1},3")
    with pytest.raises(QueryError, match=r"x,y,width,height .* got '0,0,3'"):
        run(f"{image.uri}@0,0,3")
    with pytest.raises(QueryError, match="--crop goes with exactly one"):
        run(f"{image.uri}@0,0,3,3", "--crop", "0,0,3,3")
    with pytest.raises(QueryError, match="has no field 'slide' to group by; it has label, sha256, state"):
        run(image.id, "--group-by", "slide")
    with pytest.raises(QueryError, match="has no field 'slide'"):
        run(image.id, "--where", "slide=1")
    with pytest.raises(QueryError, match="goes with `group_by`"):
        run(image.id, "--per-group", "3")
    with pytest.raises(QueryError, match=r"fold: .* got 1.5"):
        run(image.id, "--fold", "1.5")
    with pytest.raises(QueryError, match=r"diversity: .* got -1.0"):
        run(image.id, "--diversity", "-1")
    with pytest.raises(QueryError, match="best_score"):
        run(image.id, "--rerank", "--strategy", "best_score")
    with pytest.raises(QueryError, match="asks for re-ranking by diffusion, and `rerank` is false"):
        run(image.id, "--no-rerank", "--rerank-by", "diffusion")


def test_nothing_found_is_explained(run: Run, shared: Service, shared_http: httpx.Client) -> None:
    image = images(shared)[0]
    found = run(image.id, "--where", "label=no such label")
    assert found["neighbours"] == []
    assert "nothing matches the filter: none of the 24 images of collection 'g' does" in found["notes"][0]
    options = ["--collection", "g", "--api", str(shared_http.base_url)]
    shown = CliRunner().invoke(search_app, [image.id, "--where", "label=x", *options]).stdout
    assert shown.splitlines()[0] == "no image matches"
    assert "none of the 24 images" in shown


def test_people_get_tables(shared_http: httpx.Client, shared: Service) -> None:
    image = images(shared)[0]
    options = ["--collection", "g", "--api", str(shared_http.base_url)]
    assert "similarity" in CliRunner().invoke(search_app, [image.id, *options]).stdout
    assert CARD in CliRunner().invoke(search_app, [image.id, "--side-by-side", *options]).stdout
