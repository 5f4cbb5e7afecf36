"""Folders, CURRENT and schema.json, and what a crash leaves of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from facies.core.errors import StorageError, StoreError
from facies.core.store import CollectionSchema
from facies.core.store.layout import (
    discard_generation,
    find_generations,
    publish_generation,
    read_schema,
    remove_collection,
    start_generation,
    sweep,
    write_schema,
)

SCHEMA = CollectionSchema({"v": 16}, {"label": "keyword", "Tiefe ü": "float"})


def publish(root: Path, name: str) -> Path:
    generation = start_generation(root, name)
    write_schema(generation, SCHEMA)
    publish_generation(generation)
    return generation


def test_schema_round_trips(tmp_path: Path) -> None:
    write_schema(tmp_path, SCHEMA)
    assert read_schema(tmp_path) == SCHEMA


@pytest.mark.parametrize(
    "text", [None, "", "[]", "{}", '{"format": 1}', '{"format": 99, "vectors": {}, "indexes": {}}']
)
def test_a_damaged_schema_is_an_error(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "schema.json").write_text(text)
    with pytest.raises(StoreError, match=r"damaged|later release"):
        read_schema(tmp_path)


def test_a_collection_exists_only_once_published(tmp_path: Path) -> None:
    generation = start_generation(tmp_path, "c")
    write_schema(generation, SCHEMA)
    assert find_generations(tmp_path) == {}
    publish_generation(generation)
    assert find_generations(tmp_path) == {"c": generation}


def test_a_new_generation_takes_over_in_one_step_and_the_old_is_swept(tmp_path: Path) -> None:
    old = publish(tmp_path, "c")
    new = publish(tmp_path, "c")
    assert new.name > old.name
    assert find_generations(tmp_path) == {"c": new}
    assert old.exists()
    sweep(tmp_path)
    assert not old.exists()
    assert new.exists()


def test_half_made_collections_are_swept(tmp_path: Path) -> None:
    (start_generation(tmp_path, "half") / "shard").mkdir()
    (tmp_path / "empty").mkdir()
    whole = publish(tmp_path, "whole")
    unfinished = start_generation(tmp_path, "whole")
    sweep(tmp_path)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["whole"]
    assert not unfinished.exists()
    assert find_generations(tmp_path) == {"whole": whole}


def test_a_finished_generation_without_current_is_never_deleted(tmp_path: Path) -> None:
    generation = publish(tmp_path, "c")
    (tmp_path / "c" / "CURRENT").unlink()
    sweep(tmp_path)
    assert generation.exists()
    assert find_generations(tmp_path) == {}
    assert start_generation(tmp_path, "c").name == "0002"


def test_a_discarded_generation_takes_nothing_with_it(tmp_path: Path) -> None:
    discard_generation(start_generation(tmp_path, "c"))
    assert list(tmp_path.iterdir()) == []
    kept = publish(tmp_path, "c")
    discard_generation(start_generation(tmp_path, "c"))
    assert find_generations(tmp_path) == {"c": kept}


def test_what_is_not_ours_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "a.jpg").write_text("mine")
    sweep(tmp_path)
    assert (tmp_path / "photos" / "a.jpg").exists()
    assert (tmp_path / "notes.txt").exists()
    assert find_generations(tmp_path) == {}


def test_a_removed_collection_is_gone_even_after_a_crash_midway(tmp_path: Path) -> None:
    publish(tmp_path, "c")
    publish(tmp_path, "d")
    remove_collection(tmp_path, "c")
    (tmp_path / "d").rename(tmp_path / ".dropped-1")
    sweep(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"..", b"/etc", b"\xff\xfe", b"schema"])
def test_a_damaged_current_is_an_error(tmp_path: Path, content: bytes) -> None:
    publish(tmp_path, "c")
    (tmp_path / "c" / "CURRENT").write_bytes(content)
    with pytest.raises(StoreError, match="damaged"):
        find_generations(tmp_path)


def test_files_are_written_for_people_too(tmp_path: Path) -> None:
    generation = publish(tmp_path, "c")
    assert (tmp_path / "c" / "CURRENT").read_text() == generation.name + "\n"
    assert json.loads((generation / "schema.json").read_text())["vectors"] == {"v": 16}
    assert sorted(one.name for one in generation.iterdir()) == ["schema.json"]


def test_a_file_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "c").write_text("in the way")
    with pytest.raises(StorageError):
        start_generation(tmp_path, "c")
