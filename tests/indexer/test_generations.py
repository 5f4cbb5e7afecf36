"""Generations: names are counted on, what a kill left is swept, and only that."""

from __future__ import annotations

from pathlib import Path

import pytest

from facies.core.errors import ConfigurationError
from facies.core.store import CollectionSchema, VectorStore
from facies.core.workspace import Workspace
from facies.indexer.derived import fill_derived
from facies.indexer.generations import (
    ADAPTED,
    Generation,
    discard_generation,
    find_generation,
    has_learnt,
    is_generation,
    is_head,
    open_generation,
    sweep_generations,
    use_generation,
)

from .conftest import Draw, Index
from .test_derived import add_derived
from .test_projections import made


@pytest.fixture
def filled(workspace: Workspace, index: Index, draw: Draw, tmp_path: Path) -> Workspace:
    for i in range(4):
        draw(f"in/{i}.png", i)
    index(tmp_path / "in")
    return workspace


def start(workspace: Workspace, seed: int, kind: str = "whitened") -> Generation:
    source = workspace.catalog.collection("c").embedded_vector
    generation = open_generation(workspace, "c", source, kind, made(seed))
    fill_derived(workspace.store, "c", generation.vector, generation.projection)
    return generation


def test_names_are_counted_on(filled: Workspace) -> None:
    assert use_generation(filled, start(filled, 1))
    second = start(filled, 2)
    assert (second.vector.name, second.forerunner and second.forerunner.name) == (
        "pixels-whitened-2",
        "pixels-whitened-1",
    )
    assert use_generation(filled, second)
    head = start(filled, 3, "head")
    assert (head.vector.name, head.forerunner) == ("pixels-head-1", None)
    discard_generation(filled, head)
    assert filled.store.schema("c").vectors == {"pixels": 16, "pixels-whitened-2": 5}
    add_derived(filled, made(5), name="pixels-whitened-7", default=False)
    record = filled.catalog.collection("c")
    assert find_generation(record, record.embedded_vector, "none") is None


def test_a_first_one_may_stand_beside_the_default(filled: Workspace) -> None:
    assert use_generation(filled, start(filled, 1, "head"), default=False)
    assert [one.name for one in filled.catalog.collection("c").vectors] == ["pixels", "pixels-head-1"]
    record = filled.catalog.collection("c")
    source, head = record.vectors
    assert is_generation(head, source, "head")
    assert not is_generation(head, source, "whitened")
    assert not is_generation(source, head, "head")


def test_what_has_learnt_from_labels_is_known_at_whatever_remove(filled: Workspace) -> None:
    assert use_generation(filled, start(filled, 1))
    assert use_generation(filled, start(filled, 2, ADAPTED), default=False)
    add_derived(filled, made(3, 5, 3), source="pixels-adapted-1", name="turned", default=False)
    record = filled.catalog.collection("c")
    learnt = {one.name for one in record.vectors if has_learnt(record, one)}
    assert learnt == {"pixels-adapted-1", "turned"}
    assert [one.name for one in record.vectors if is_head(record, one)] == ["pixels-adapted-1"]


def test_only_what_belongs_to_nobody_is_swept(filled: Workspace) -> None:
    assert use_generation(filled, start(filled, 1))
    others = {"pixels-whitened-9": 5, "pixels-whitened-x": 5, "pixels-whitened-01": 3, "other-whitened-1": 5}
    filled.store.ensure("c", CollectionSchema(others))
    record = filled.catalog.collection("c")
    sweep_generations(filled, record, record.embedded_vector, "whitened")
    del others["pixels-whitened-9"]
    assert filled.store.schema("c").vectors == {"pixels": 16, "pixels-whitened-1": 5, **others}


def test_a_name_that_is_too_long_is_refused(filled: Workspace) -> None:
    source = filled.catalog.collection("c").embedded_vector
    with pytest.raises(ConfigurationError, match="cannot name a vector"):
        open_generation(filled, "c", source, "x" * 100, made(1))
    assert filled.store.schema("c").vectors == {"pixels": 16}


def test_images_that_came_just_before_the_switch_have_it_too(
    filled: Workspace, index: Index, draw: Draw, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a Qdrant server another process may index while a generation is filled: it does not know of it."""
    generation = start(filled, 1)
    flush = type(filled.store).flush
    late = draw("in/late.png", 70)

    def between(store: VectorStore) -> None:
        monkeypatch.undo()
        index(late)
        flush(store)

    monkeypatch.setattr(type(filled.store), "flush", between)
    assert use_generation(filled, generation)
    assert filled.store.count("c") == 5
    assert filled.store.count("c", lacking=generation.vector.name) == 0
