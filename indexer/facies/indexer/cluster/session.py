"""Ray, started on this machine or joined on a cluster, and ended with the run."""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from facies.core.errors import ConfigurationError, JobError

_CPUS_EACH = 2
"""CPUs of a worker unless the settings say how many threads a forward pass takes."""

_SHARE = 0.9
"""Of its CPUs a worker claims a little less, so that whatever else Ray runs finds room and nothing waits for ever."""

_PATIENCE_S = 10.0
"""How long the head of a cluster may take to answer the door."""

_LEVELS = {
    "ray": logging.WARNING,
    "ray.data": logging.WARNING,
    "ray.data._internal.progress": logging.ERROR,  # that there are no progress bars: ours takes their place
    "ray._private.authentication": logging.ERROR,  # that a Ray of one machine asks for a token: so it shall
}


@dataclass(frozen=True, slots=True)
class Nodes:
    """How a run is spread.

    Attributes:
        workers: processes that read and embed.
        threads: of the forward pass in each.
        cpus_each: CPUs that each claims of the cluster.
        gpus_each: GPUs that each claims, 0 or 1.
    """

    workers: int
    threads: int
    cpus_each: float
    gpus_each: int = 0


@contextmanager
def ray_session(address: str | None, *, cpus: int | None = None) -> Iterator[None]:
    """Start Ray on this machine, or join the cluster at an address; what was started is ended.

    Where this process has joined a Ray already, that one is used and left as it is.

    Args:
        address: ``auto`` or ``host:6379``; None starts Ray here, on loopback alone and without telemetry.
        cpus: what a Ray that is started here may use; None: all.

    Raises:
        ConfigurationError: Ray is not installed, or nothing answers at the address.
        JobError: Ray does not start here.
    """
    if address is not None:
        check_address(address)
    _prepare_environment(alone=address is None)
    try:
        import ray
        import ray.data
    except ImportError as error:
        raise ConfigurationError(
            f"--engine ray needs Ray, which is not installed here ({error}); `pip install 'facies[ray]'` brings it"
        ) from error
    for name, level in _LEVELS.items():
        logging.getLogger(name).setLevel(level)
    if ray.is_initialized():
        yield
        return
    ours = signal.getsignal(signal.SIGTERM)
    try:
        ray.init(
            address=address or "local",
            num_cpus=cpus,
            include_dashboard=False if address is None else None,
            log_to_driver=False,  # what workers print would stand in the middle of the progress
            logging_level=logging.WARNING,
        )
    except (ConnectionError, RuntimeError, ValueError) as error:
        if address is None:
            raise JobError(f"Ray does not start on this machine: {error}") from error
        raise ConfigurationError(
            f"no Ray cluster answers at {address} ({error}); start one with `ray start --head`, or correct "
            "--ray-address"
        ) from error
    try:
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, ours)  # Ray has put its own there, which ends the process at once
        yield
    finally:
        ray.shutdown()


def check_address(address: str) -> None:
    """Refuse an address at which nobody listens: Ray would try for minutes and then end the process.

    Raises:
        ConfigurationError: it is no address, of Ray's client, or nobody listens there.
    """
    if address == "auto":
        return
    host, _, port = address.rpartition(":")
    if "://" in address or not host or not port.isdecimal():
        raise ConfigurationError(
            f"--ray-address is {address!r}, expected auto or HOST:PORT (6379 as a rule) of a cluster of which this "
            "machine is a node; Ray's client (ray://) is not supported"
        )
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=_PATIENCE_S).close()
    except (OSError, OverflowError) as error:
        raise ConfigurationError(
            f"no Ray cluster answers at {address} ({error}); start one with `ray start --head`, or correct "
            "--ray-address"
        ) from error


def _prepare_environment(*, alone: bool) -> None:
    """Set what Ray reads from the environment, before it is imported."""
    # Nobody is told that somebody indexes images. A cluster that is joined was told so, or not, by who started it.
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    # A worker that claims no GPU shall see none. That is what Ray does, with a warning where nobody said so.
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "1")
    # Ray Data itself does what its core then calls an error, with every actor; real errors come as exceptions.
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
    if alone:
        # Despite its name it holds on Linux too: a Ray of one machine listens on loopback alone.
        os.environ.setdefault("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")


def spread(workers: int | None, threads: int, *, gpu: bool) -> Nodes:
    """Decide how many workers a joined cluster takes, and what each of them uses.

    Args:
        workers: as many, whatever there is now; None: as many as the nodes have room for.
        threads: of a forward pass; 0: two.
        gpu: whether each needs a GPU.

    Raises:
        ConfigurationError: no node has room for a worker.
    """
    import ray

    nodes: list[dict[str, Any]] = ray.nodes()  # type: ignore[no-untyped-call]  # Ray does not say what it returns
    return spread_over([node["Resources"] for node in nodes if node["Alive"]], workers, threads, gpu=gpu)


def spread_over(resources: list[dict[str, float]], workers: int | None, threads: int, *, gpu: bool) -> Nodes:
    """As `spread`, over nodes with these resources (``CPU``, ``GPU``).

    >>> spread_over([{"CPU": 8.0}, {"CPU": 3.0}], None, 0, gpu=False)
    Nodes(workers=5, threads=2, cpus_each=1.8, gpus_each=0)
    >>> spread_over([{"CPU": 2.0}], 2, 0, gpu=False)
    Nodes(workers=2, threads=1, cpus_each=0.9, gpus_each=0)
    """
    cpus = [node.get("CPU", 0.0) for node in resources]
    each = float(min(threads or _CPUS_EACH, max(cpus, default=0.0)))
    if workers is not None and workers * each > sum(cpus):
        each = max(sum(cpus) / workers, 0.0)
    if each <= 0:
        raise ConfigurationError("the Ray cluster has no node with a CPU; --engine ray needs one for each worker")
    claim = round(each * _SHARE, 3)
    room = sum(
        int(min(have / each, node.get("GPU", 0.0) if gpu else have / each))
        for have, node in zip(cpus, resources, strict=True)
    )
    if gpu and not any(node.get("GPU", 0.0) >= 1 for node in resources):
        raise ConfigurationError(
            "the embedder runs on a GPU, but no node of the Ray cluster has one; set FACIES_MODELS__DEVICE=cpu, or add "
            "a node with a GPU"
        )
    return Nodes(workers or max(room, 1), max(1, int(each)), claim, int(gpu))
