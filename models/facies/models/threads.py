"""How torch's threads share the cores with the rest of the process and of the machine."""

from __future__ import annotations

import os

_WAIT_POLICY = "OMP_WAIT_POLICY"


def wait_without_spinning() -> None:
    """Let torch's threads sleep while they wait for each other, unless the environment says how they shall wait.

    By default they spin, which burns the cores that decoding and other programs need: on two busy cores a forward pass
    of EfficientNet-Lite0 took 100 to 170 ms of CPU an image instead of 38. The OpenMP library reads the variable when
    torch loads it, so this has to come before the first ``import torch``; afterwards it changes nothing.
    """
    os.environ.setdefault(_WAIT_POLICY, "PASSIVE")


def limit_threads(threads: int) -> None:
    """Set the threads of a forward pass, for the whole process; 0 leaves torch's own choice, all cores."""
    if threads:
        import torch

        torch.set_num_threads(threads)
