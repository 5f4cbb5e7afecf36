"""The kinds of jobs."""

from __future__ import annotations

import subprocess
import sys

import pytest

from facies.core.errors import JobParametersError, UnknownJobKindError
from facies.indexer.jobs.kinds import KINDS, collection_of, get_kind


@pytest.mark.parametrize("name", sorted(KINDS))
def test_every_kind_leads_to_its_parameters_and_its_work(name: str) -> None:
    kind = get_kind(name)
    assert callable(kind.load_run())
    with pytest.raises(JobParametersError, match="colour"):
        kind.read({"colour": "red"})
    needed = {"segment": "action", "backup": None}.get(name, "collection")
    if needed is None:
        assert kind.turn_of(kind.read({})) is None  # of the whole data folder, beside the writers
        return
    with pytest.raises(JobParametersError, match=f"{needed}: Field required"):
        kind.read({})


def test_turns_keep_writers_of_a_collection_apart_and_graphs_beside_them() -> None:
    def turn(name: str, **parameters: object) -> str | None:
        kind = get_kind(name)
        return kind.turn_of(kind.read({"collection": "a", **parameters}))

    assert turn("index", path="/x") == turn("whiten") == turn("label") == "collection:a"
    assert turn("optimise") == "graph:a"
    index = get_kind("index")
    assert collection_of(index.read({"collection": "a", "path": "/x"})) == "a"


@pytest.mark.parametrize("name", ["", "../a", ".a", "a b", "a" * 101, 3])
def test_a_name_that_no_collection_can_have_is_refused_at_once(name: object) -> None:
    with pytest.raises(JobParametersError, match="collection"):
        get_kind("optimise").read({"collection": name})


def test_an_unknown_kind_is_told_with_its_neighbours() -> None:
    with pytest.raises(
        UnknownJobKindError, match=r"no jobs of kind 'optimize'. Did you mean optimise\? There are: add-model"
    ):
        get_kind("optimize")


def test_what_came_is_told_but_not_at_any_length() -> None:
    with pytest.raises(JobParametersError) as told:
        get_kind("index").read({"collection": "a", "path": "/x", "labels": "x" * 5000})
    assert len(told.value.message) < 500


def test_to_know_the_kinds_loads_no_network() -> None:
    code = (
        "import sys, facies.indexer.jobs.kinds as k, facies.indexer.jobs.desk\n"
        "k.get_kind('index').read({'collection': 'a', 'path': '/x'})\n"
        "k.get_kind('segment').read({'action': 'generate'})\n"
        "heavy = [m for m in ('torch', 'huey', 'redis', 'sqlalchemy', 'numba', 'sklearn') if m in sys.modules]\n"
        "sys.exit(f'loaded: {heavy}' if heavy else 0)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
