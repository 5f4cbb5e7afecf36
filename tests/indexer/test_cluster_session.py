from __future__ import annotations

import socket
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facies.core.errors import ConfigurationError
from facies.indexer.cluster.session import check_address, spread_over
from facies.indexer.command import Order, run

NODES = st.lists(st.builds(lambda cpu: {"CPU": float(cpu)}, st.integers(1, 64)), min_size=1, max_size=5)


@given(nodes=NODES, workers=st.none() | st.integers(1, 40), threads=st.integers(0, 80))
def test_workers_fit_and_leave_room(nodes: list[dict[str, float]], workers: int | None, threads: int) -> None:
    """A worker claims no more than a node has, and all of them less than there is: nobody waits for ever."""
    got = spread_over(nodes, workers, threads, gpu=False)
    assert got.workers == workers or workers is None
    assert got.workers >= 1
    assert 0 < got.cpus_each < max(node["CPU"] for node in nodes)
    assert got.workers * got.cpus_each <= 0.95 * sum(node["CPU"] for node in nodes) + 1e-3 * got.workers
    assert 1 <= got.threads <= max(1, threads or 2)


def test_as_many_workers_as_each_node_has_room_for() -> None:
    got = spread_over([{"CPU": 16.0}, {"CPU": 7.0}, {}], None, 4, gpu=False)
    assert (got.workers, got.threads, got.gpus_each) == (5, 4, 0)


def test_one_worker_a_gpu() -> None:
    got = spread_over([{"CPU": 16.0, "GPU": 2.0}, {"CPU": 16.0}], None, 4, gpu=True)
    assert (got.workers, got.gpus_each) == (2, 1)


@pytest.mark.parametrize(
    ("nodes", "gpu", "message"),
    [([], False, "no node with a CPU"), ([{"GPU": 1.0}], True, "no node"), ([{"CPU": 4.0}], True, "DEVICE=cpu")],
)
def test_nodes_without_room_are_refused(nodes: list[dict[str, float]], gpu: bool, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        spread_over(nodes, None, 0, gpu=gpu)


@pytest.mark.parametrize("address", ["ray://127.0.0.1:10001", "head", "head:", ":6379", "http://head:8265", "a:b"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(ConfigurationError, match="expected auto or HOST:PORT"):
        check_address(address)


def test_an_address_where_nobody_listens_is_refused_at_once() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port = bound.getsockname()[1]
        with pytest.raises(ConfigurationError, match=rf"no Ray cluster answers at 127\.0\.0\.1:{port}"):
            check_address(f"127.0.0.1:{port}")
        bound.listen()
        check_address(f"127.0.0.1:{port}")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"ray_address": "auto"}, "--engine ray"),
        ({"ray_workers": 2}, "--engine ray"),
        ({"engine": "ray", "dry_run": True}, "leave --engine ray out"),
        ({"engine": "ray", "api": "http://127.0.0.1:9"}, "--engine ray cannot go through a service"),
    ],
)
def test_options_that_contradict_each_other(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        run(Order(**({"source": "in", "collection": "c"} | options)))


def test_without_the_extra_the_remedy_is_named() -> None:
    code = (
        "import sys; sys.modules['ray'] = None\n"
        "from facies.core.errors import ConfigurationError\n"
        "from facies.indexer.cluster.session import ray_session\n"
        "try:\n"
        "    with ray_session(None): pass\n"
        "except ConfigurationError as error: sys.exit('facies[ray]' not in str(error))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_local_run_loads_nothing_of_ray() -> None:
    code = "import sys, facies.indexer.pipeline, facies.indexer.command; sys.exit('ray' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
