"""Which runtime is taken: by settings, by what is here, and by what a collection was made with."""

from __future__ import annotations

import os
from typing import Any

import pytest

from facies.core.errors import ConfigurationError
from facies.core.records import Fingerprint
from facies.core.settings import ModelSettings
from facies.models.runtimes import choice, quantization
from facies.models.runtimes.choice import RuntimeChoice, choose_device, choose_runtime, count_cores


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Make this machine another one."""

    def make(*, gpu: bool = False, openvino: bool = True, x86: bool = True, nncf: bool = True) -> None:
        monkeypatch.setattr("torch.cuda.is_available", lambda: gpu)
        monkeypatch.setattr(choice, "openvino_is_here", lambda: openvino)
        monkeypatch.setattr(quantization, "nncf_is_here", lambda: nncf)
        monkeypatch.setattr("platform.machine", lambda: "x86_64" if x86 else "aarch64")

    make()
    return make


def made_by(runtime: str, precision: str) -> Fingerprint:
    return Fingerprint("resnet18", "0" * 64, "squash", "final", runtime, precision)


@pytest.mark.parametrize(
    ("here", "settings", "expected"),
    [
        ({}, {}, ("openvino", "f32", "cpu")),
        ({}, {"precision": "bf16"}, ("openvino", "bf16", "cpu")),
        ({}, {"precision": "int8"}, ("openvino", "int8", "cpu")),
        ({"x86": False}, {"precision": "int8"}, ("openvino", "int8", "cpu")),
        ({"gpu": True}, {"precision": "int8"}, ("openvino", "int8", "cpu")),
        ({}, {"runtime": "torch"}, ("torch", "f32", "cpu")),
        ({}, {"runtime": "torch", "precision": "bf16"}, ("torch", "bf16", "cpu")),
        ({"openvino": False}, {}, ("torch", "f32", "cpu")),
        ({"x86": False}, {}, ("torch", "f32", "cpu")),
        ({"x86": False}, {"runtime": "openvino"}, ("openvino", "f32", "cpu")),
        ({"gpu": True}, {}, ("torch-cuda", "bf16", "cuda")),
        ({"gpu": True}, {"precision": "f32"}, ("torch", "f32", "cuda")),
        ({"gpu": True}, {"device": "cpu"}, ("openvino", "f32", "cpu")),
        ({"gpu": True}, {"runtime": "openvino"}, ("openvino", "f32", "cpu")),
        ({"gpu": True}, {"runtime": "torch", "device": "cpu"}, ("torch", "f32", "cpu")),
    ],
)
def test_new_collections(here: dict[str, bool], settings: dict[str, Any], expected: Any, machine: Any) -> None:
    machine(**here)
    assert choose_runtime(ModelSettings(**settings)) == RuntimeChoice(*expected)


@pytest.mark.parametrize(
    ("here", "settings", "like", "expected"),
    [
        ({}, {}, ("torch", "f32"), ("torch", "f32", "cpu")),
        ({"gpu": True}, {}, ("torch", "f32"), ("torch", "f32", "cuda")),
        ({}, {"precision": "f32"}, ("torch", "f32"), ("torch", "f32", "cpu")),
        ({}, {}, ("openvino", "bf16"), ("openvino", "bf16", "cpu")),
        ({}, {}, ("openvino", "int8"), ("openvino", "int8", "cpu")),
        ({}, {"precision": "int8"}, ("openvino", "int8"), ("openvino", "int8", "cpu")),
        ({"gpu": True}, {}, ("openvino", "f32"), ("openvino", "f32", "cpu")),
        ({"x86": False}, {}, ("openvino", "f32"), ("openvino", "f32", "cpu")),
        ({"gpu": True}, {"runtime": "torch"}, ("torch-cuda", "bf16"), ("torch-cuda", "bf16", "cuda")),
    ],
)
def test_a_collection_keeps_its_own(
    here: dict[str, bool], settings: dict[str, Any], like: tuple[str, str], expected: Any, machine: Any
) -> None:
    machine(**here)
    assert choose_runtime(ModelSettings(**settings), made_by(*like)) == RuntimeChoice(*expected)


@pytest.mark.parametrize(
    ("here", "settings", "like", "message"),
    [
        ({}, {"runtime": "openvino"}, ("torch", "f32"), "RUNTIME asks for openvino.*Set it to auto"),
        ({}, {"runtime": "torch"}, ("openvino", "f32"), "RUNTIME asks for torch"),
        ({}, {"precision": "bf16"}, ("torch", "f32"), "PRECISION asks for bf16"),
        ({"gpu": True}, {"device": "cuda"}, ("openvino", "f32"), "DEVICE is cuda"),
        ({"openvino": False}, {}, ("openvino", "f32"), "not installed here: pip install openvino"),
        ({}, {}, ("torch-cuda", "bf16"), "on a GPU, and there is none in use here"),
        ({"gpu": True}, {"device": "cpu"}, ("torch-cuda", "bf16"), "DEVICE=auto on a machine with a GPU"),
        ({}, {}, ("numpy", "f32"), "by numpy in f32, which this version of facies does not have"),
        ({}, {}, ("openvino", "int4"), "in int4, which this version of facies does not have"),
        ({}, {}, ("torch", "int8"), "by torch in int8, which this version of facies does not have"),
        ({"nncf": False}, {}, ("openvino", "int8"), r"pip install 'facies\[int8\]'"),
        ({}, {"precision": "int8"}, ("openvino", "f32"), "PRECISION asks for int8"),
        ({}, {"precision": "f32"}, ("openvino", "int8"), "PRECISION asks for f32"),
        ({}, {"device": "cuda"}, ("torch", "f32"), "no usable GPU"),
    ],
)
def test_what_contradicts_a_collection_or_is_not_here_is_refused(
    here: dict[str, bool], settings: dict[str, Any], like: tuple[str, str], message: str, machine: Any
) -> None:
    machine(**here)
    with pytest.raises(ConfigurationError, match=message):
        choose_runtime(ModelSettings(**settings), made_by(*like))


@pytest.mark.parametrize(
    ("here", "settings", "message"),
    [
        ({"openvino": False}, {"runtime": "openvino"}, "pip install openvino"),
        ({"gpu": True}, {"runtime": "openvino", "device": "cuda"}, "which runs on a CPU"),
        ({}, {"device": "cuda"}, "no usable GPU"),
        ({}, {"precision": "int8", "runtime": "torch"}, "PRECISION is int8, which only OpenVINO has"),
        ({"gpu": True}, {"precision": "int8", "device": "cuda"}, "int8, which runs on a CPU"),
        ({"openvino": False}, {"precision": "int8"}, "pip install openvino"),
        ({"nncf": False}, {"precision": "int8"}, r"needs NNCF.*pip install 'facies\[int8\]'"),
    ],
)
def test_what_cannot_be_is_refused(here: dict[str, bool], settings: dict[str, Any], message: str, machine: Any) -> None:
    machine(**here)
    with pytest.raises(ConfigurationError, match=message):
        choose_runtime(ModelSettings(**settings))


def test_device_is_chosen_or_refused() -> None:
    import torch

    there = torch.cuda.is_available()
    assert choose_device("auto") == ("cuda" if there else "cpu")
    assert choose_device("cpu") == "cpu"
    if there:
        assert choose_device("cuda") == "cuda"
    else:
        with pytest.raises(ConfigurationError, match="no usable GPU"):
            choose_device("cuda")


def test_cores_are_counted() -> None:
    assert 1 <= count_cores() <= (os.cpu_count() or 1)
