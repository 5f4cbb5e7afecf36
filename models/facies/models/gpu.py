"""Which GPU this process computes on, by a name that is the same for every process on it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

_DRIVER: Final = (Path("/dev/nvidiactl"), Path("/dev/dxg"), Path("/dev/kfd"))
"""What the drivers of NVIDIA, of WSL and of AMD put there; without one of them torch need not be asked."""


def find_gpu(wanted: str) -> str | None:
    """Name the GPU that networks run on; None where they run on the CPU. Imports torch only where there is a driver.

    Args:
        wanted: ``auto``, ``cpu`` or ``cuda``, as ``FACIES_MODELS__DEVICE``.

    Returns:
        ``gpu:UUID``, so that containers that share a GPU know it under one name.

    Raises:
        ConfigurationError: ``cuda`` is asked for and there is none.
    """
    from facies.models.runtimes.choice import choose_device

    if wanted == "cpu" or (wanted == "auto" and not any(path.exists() for path in _DRIVER)):
        return None
    if choose_device(wanted) != "cuda":
        return None
    import torch

    return f"gpu:{torch.cuda.get_device_properties(torch.cuda.current_device()).uuid}"
