"""The process that builds: its orders, its manners, and its end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from facies.core.child_module import NICENESS
from facies.core.store import CollectionSchema
from facies.core.store.build_child import Job
from facies.core.store.edge_schema import create_shard


def run_child(argument: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "facies.core.store.build_child", argument]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_an_order_comes_through_an_argument(tmp_path: Path) -> None:
    job = Job(tmp_path / "a b", {"v": 3, "w": 4}, "turbo4", 77)
    assert Job.load(job.dump()) == job


def test_an_empty_shard_needs_nothing(tmp_path: Path) -> None:
    create_shard(tmp_path / "shard", CollectionSchema({"v": 3})).close()
    done = run_child(Job(tmp_path / "shard", {"v": 3}, "int8", os.getpid()).dump())
    assert (done.returncode, json.loads(done.stdout)) == (0, {"changed": False}), done.stderr


def test_a_failure_is_told(tmp_path: Path) -> None:
    done = run_child(Job(tmp_path / "none", {"v": 3}, "none", os.getpid()).dump())
    answer = json.loads(done.stdout)
    assert done.returncode == 1
    assert answer["error"] == "StoreError"
    assert str(tmp_path / "none") in answer["message"]


def test_it_is_polite(tmp_path: Path) -> None:
    code = "import sys; from facies.core.store import build_child; build_child.main(sys.argv[1]); "
    code += "import os; print(os.nice(0))"
    job = Job(tmp_path / "none", {"v": 3}, "none", os.getpid())
    done = subprocess.run(
        [sys.executable, "-c", code, job.dump()], capture_output=True, text=True, timeout=120, check=True
    )
    assert int(done.stdout.split()[-1]) == min(19, os.nice(0) + NICENESS)


def test_it_starts_nothing_for_a_parent_that_has_died(tmp_path: Path) -> None:
    done = run_child(Job(tmp_path / "none", {"v": 3}, "none", 1 if os.getpid() != 1 else 2).dump())
    assert (done.returncode, done.stdout) == (1, "")
