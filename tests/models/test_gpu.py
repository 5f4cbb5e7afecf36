"""Which GPU a process computes on."""

from __future__ import annotations

import subprocess
import sys

import pytest

from facies.core.errors import ConfigurationError
from facies.models import gpu


def test_cpu_is_no_gpu() -> None:
    assert gpu.find_gpu("cpu") is None


def test_without_a_driver_torch_is_not_even_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    if any(path.exists() for path in gpu._DRIVER):
        pytest.skip("needs a machine without the driver of a GPU")
    code = "import sys; from facies.models.gpu import find_gpu; sys.exit(find_gpu('auto') or 'torch' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr


def test_a_gpu_that_is_asked_for_and_not_there_is_told() -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("needs a machine without a GPU")
    with pytest.raises(ConfigurationError, match="FACIES_MODELS__DEVICE is cuda"):
        gpu.find_gpu("cuda")


def test_a_gpu_has_a_name_of_its_own() -> None:
    import torch

    if not torch.cuda.is_available():
        pytest.skip("needs a GPU that torch can use")
    name = gpu.find_gpu("auto")
    assert name is not None
    assert name.startswith("gpu:")
    assert name == gpu.find_gpu("cuda")
