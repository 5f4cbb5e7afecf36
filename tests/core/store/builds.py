"""An embedded store with one collection, and a hand in what happens while its graph is built."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

import numpy as np
import pytest
from numpy.typing import NDArray

from facies.core.store import CollectionSchema, folder_copy, graph_build
from facies.core.store.build_child import Job, build
from facies.core.store.graph_build import Build

SCHEMA = CollectionSchema({"v": 16}, {"label": "keyword"})


def name_of(i: int) -> str:
    return str(uuid5(NAMESPACE_URL, str(i)))


def unit(seed: int, dim: int = 16) -> NDArray[np.float32]:
    drawn = np.random.default_rng(seed).normal(size=dim).astype(np.float32)
    row: NDArray[np.float32] = drawn / np.linalg.norm(drawn)
    return row


@contextmanager
def between(monkeypatch: pytest.MonkeyPatch, act: Callable[[str], object], *, in_child: bool = False) -> Iterator[None]:
    """Act at the three stages of a build: ``copying``, ``building`` and ``built``; by default build in this process."""
    copy, build_in_child = folder_copy.copy_files, graph_build._build_in_child

    def copying(*arguments: object) -> None:
        copy(*arguments)  # type: ignore[arg-type]  # passed on as they came
        if not acted:
            acted.append("copying")
            act("copying")

    def building(under_way: Build, target: Path, schema: CollectionSchema) -> bool:
        act("building")
        job = Job(target, schema.vectors, under_way.quantization, 0)
        changed = build_in_child(under_way, target, schema) if in_child else build(job)
        act("built")
        return changed

    acted: list[str] = []
    with monkeypatch.context() as patched:
        patched.setattr(graph_build, "copy_files", copying)
        patched.setattr(graph_build, "_build_in_child", building)
        yield


def generations(root: Path, name: str = "c") -> list[str]:
    return sorted(one.name for one in (root / name).iterdir() if one.is_dir())
