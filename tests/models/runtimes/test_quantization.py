"""Networks in int8: near those in f32, the same each time, kept for all they follow from, refused without NNCF."""

from __future__ import annotations

import importlib.util
import logging
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from facies.core.errors import ConfigurationError, ModelError
from facies.core.metrics import exact_neighbours
from facies.core.settings import ModelSettings
from facies.models.embedder import load_embedder
from facies.models.preprocess import View
from facies.models.runtimes import calibration, conversion, quantization
from facies.models.runtimes.choice import openvino_is_here
from facies.models.runtimes.conversion import EMBEDDING, MAP, import_openvino, open_network
from facies.models.runtimes.openvino_cpu import OpenVinoRuntime
from facies.models.runtimes.quantization import nncf_is_here, quantize_network, require_nncf

from .conftest import Network, OpenRuntime, unit

if TYPE_CHECKING:
    from facies.core.images import RgbImage

pytestmark = pytest.mark.skipif(
    not (openvino_is_here() and nncf_is_here()), reason="needs OpenVINO and NNCF: pip install 'facies[int8]'"
)


@pytest.fixture
def missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """NNCF is not installed."""
    find = importlib.util.find_spec
    monkeypatch.setattr("importlib.util.find_spec", lambda name, *rest: None if name == "nncf" else find(name, *rest))


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many drawn images as `open_runtime` takes."""
    monkeypatch.setattr(calibration, "IMAGES", 8)


@pytest.fixture
def kept(converted: Path, open_runtime: OpenRuntime) -> Path:
    """A folder with a network in f32 and in int8."""
    open_runtime("openvino", "resnet18", precision="int8")
    return converted


def embed(model: Any) -> np.ndarray:
    compiled = import_openvino().Core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    pixels = np.random.default_rng(3).normal(size=(1, 3, 224, 224)).astype(np.float32)
    rows: np.ndarray = compiled(pixels)[EMBEDDING]
    return rows


def test_real_weights_on_real_images(open_runtime: OpenRuntime, real_images: list[RgbImage]) -> None:
    """As published: all drawn images. Of 697 such images the mean cosine to f32 is 0.970 and the worst 0.866."""
    rows = {}
    for precision in ("f32", "int8"):
        runtime = open_runtime("openvino", "efficientnet-lite0", precision=precision, images=calibration.IMAGES)
        rows[precision] = unit(runtime.run([runtime.prepare(image) for image in real_images]).embedding[:, 0])
    cosines = (rows["f32"] * rows["int8"]).sum(axis=1)
    assert cosines.mean() >= 0.95
    assert cosines.min() >= 0.85
    assert cosines.max() < 0.9999  # else it did not run in int8
    found, _ = exact_neighbours(rows["int8"], rows["f32"], k=1)
    assert (found[:, 0] == np.arange(len(real_images))).all()


@pytest.mark.usefixtures("few")
def test_two_quantizations_are_equal_and_what_is_kept_equals_both(
    kept: Path,
    networks: dict[str, Network],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """And nobody is told: NNCF's telemetry connects, and leaves a client id in the home folder; nothing is printed."""
    card, weights = networks["resnet18"]
    plain = open_network(card, weights, 224, kept)
    monkeypatch.setattr("facies.models.runtimes.quantization.subprocess.run", watched(subprocess.run, home=tmp_path))
    again = quantize_network(plain, card, 224)
    assert [path for path in tmp_path.rglob("*") if re.search("intel|openvino|nncf", path.name.lower())] == []
    assert capfd.readouterr() == ("", "")
    assert "nncf" not in sys.modules
    assert logging.getLoggerClass() is logging.Logger
    np.testing.assert_array_equal(embed(again), embed(open_network(card, weights, 224, kept, quantized=True)))
    assert not np.allclose(embed(again), embed(plain), atol=1e-5)
    names = [next(iter(output.names)) for output in plain.outputs]
    assert names[:2] == [EMBEDDING, MAP + "act1"]
    assert [next(iter(output.names)) for output in again.outputs] == names


def watched(run: Any, home: Path) -> Any:
    """Run the child as ever, in another home and with CI's own switches unset; it fails where it tells anybody."""
    code = (
        "import runpy, socket, sys\n"
        "socket.socket.connect = lambda *_: sys.exit('it connects')\n"
        f"runpy.run_module({quantization._CHILD!r}, run_name='__main__')\n"
        "from unittest.mock import MagicMock\n"
        "from nncf.telemetry import telemetry\n"
        "loaded = [name for name in sys.modules if name.startswith('openvino_telemetry.')]\n"
        "assert isinstance(telemetry, MagicMock) and not loaded\n"
    )
    environment = {name: value for name, value in os.environ.items() if name not in ("CI", "NNCF_CI", "NNCF_DEV")}

    def run_watched(command: list[str], **options: Any) -> Any:
        return run([command[0], "-c", code, command[-1]], env={**environment, "HOME": str(home)}, **options)

    return run_watched


@pytest.mark.usefixtures("few")
def test_what_is_kept_is_opened_without_quantizing_again(
    kept: Path, networks: dict[str, Network], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversion, "quantize_network", lambda *_: pytest.fail("it was quantized again"))
    assert embed(open_network(*networks["resnet18"], 224, kept, quantized=True)).shape == (1, 512)
    assert {"int8" in folder.name for folder in kept.glob("resnet18-224-*")} == {False, True}


def test_another_precision_calibration_or_version_has_another_key(
    networks: dict[str, Network], monkeypatch: pytest.MonkeyPatch
) -> None:
    card, weights = networks["resnet18"]

    def key(*, quantized: bool = True) -> str:
        return conversion._key(card, weights, 224, quantized=quantized)

    keys = [key(), key(quantized=False)]
    monkeypatch.setattr(calibration, "CALIBRATION", 99)
    keys.append(key())
    monkeypatch.setattr(calibration, "IMAGES", 7)
    keys.append(key())
    monkeypatch.setattr("importlib.metadata.version", lambda _: "0.0.1")
    keys.append(key())
    assert len(set(keys)) == len(keys)


@pytest.mark.usefixtures("missing")
def test_without_nncf_it_says_what_to_install(networks: dict[str, Network]) -> None:
    with pytest.raises(ConfigurationError, match=r"that, which needs NNCF.*pip install 'facies\[int8\]'"):
        require_nncf("that")
    with pytest.raises(ConfigurationError, match=r"resnet18 in int8, which needs NNCF.*pip install 'facies\[int8\]'"):
        OpenVinoRuntime(*networks["resnet18"], views=[View(64, 64)], precision="int8", preprocessing="")


def test_torch_refuses_it(open_runtime: OpenRuntime) -> None:
    with pytest.raises(ConfigurationError, match="resnet18 runs in int8 on OpenVINO alone"):
        open_runtime("torch", "resnet18", precision="int8")


@pytest.mark.usefixtures("few")
def test_a_failure_is_told_and_keeps_nothing(
    kept: Path, networks: dict[str, Network], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = open_network(*networks["resnet18"], 224, kept)
    monkeypatch.setattr(conversion, "convert_network", lambda *_: plain)
    monkeypatch.setattr(quantization, "_CHILD", "facies.models.no_such_module")
    with pytest.raises(ModelError, match=r"NNCF could not quantize resnet18.*no_such_module.*auto, f32 or bf16"):
        open_network(*networks["resnet18"], 224, tmp_path, quantized=True)
    assert ["int8" in folder.name for folder in tmp_path.iterdir()] == [False]


@pytest.mark.parametrize("precision", ["auto", "int8"])
def test_an_embedder_says_int8_and_warns_for_new_collections_alone(
    precision: str,
    networks: dict[str, Network],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(conversion, "quantize_network", lambda model, *_: model)
    settings = ModelSettings.model_validate({"precision": "int8", "offline": True})
    path = networks["resnet18"].weights.path
    made = load_embedder("resnet18", weights=path, settings=settings, weights_dir=tmp_path).fingerprint
    assert (made.runtime, made.precision) == ("openvino", "int8")
    assert "resnet18: int8 is experimental" in caplog.text
    caplog.clear()
    later = ModelSettings.model_validate({"precision": precision, "offline": True})
    again = load_embedder("resnet18", weights=path, settings=later, weights_dir=tmp_path, like=made)
    assert again.fingerprint == made
    assert "experimental" not in caplog.text
