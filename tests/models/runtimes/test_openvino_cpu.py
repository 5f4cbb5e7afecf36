"""OpenVINO: equal to torch in f32, near it in bf16, and the same to the last bit in any company."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from facies.core.errors import ConfigurationError
from facies.models.runtimes.choice import openvino_is_here

from .conftest import OpenRuntime, unit

if TYPE_CHECKING:
    from facies.core.images import RgbImage

pytestmark = pytest.mark.skipif(not openvino_is_here(), reason="needs OpenVINO: pip install openvino")

BF16 = {"efficientnet-lite0": (0.98, 0.997), "scampi-vits16": (0.999, 0.9995)}
"""Cosine between bf16 and f32 on real images: of the worst image, and on average."""


def has_bf16() -> bool:
    from facies.models.runtimes.conversion import import_openvino

    return "BF16" in import_openvino().Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")


@pytest.mark.parametrize("card", ["efficientnet-lite0", "scampi-vits16"])
def test_f32_is_torch_and_bf16_is_near_it(card: str, open_runtime: OpenRuntime, real_images: list[RgbImage]) -> None:
    images = real_images if card == "efficientnet-lite0" else real_images[:4]
    rows = {}
    for name, precision in (("torch", "f32"), ("openvino", "f32"), *([("openvino", "bf16")] if has_bf16() else [])):
        runtime = open_runtime(name, card, precision=precision)
        rows[name, precision] = unit(runtime.run([runtime.prepare(image) for image in images]).embedding[:, 0])
    exact = rows.pop(("torch", "f32"))
    bounds = {"f32": (0.9999, 0.9999), "bf16": BF16[card]}
    for (_, precision), made in rows.items():
        cosines = (made * exact).sum(axis=1)
        worst, average = bounds[precision]
        assert cosines.min() >= worst
        assert cosines.mean() >= average
    if ("openvino", "bf16") in rows:  # else the precision that was asked for is not the one that ran
        assert not np.allclose(rows["openvino", "bf16"], rows["openvino", "f32"], atol=1e-5)


def test_bits_do_not_depend_on_company(open_runtime: OpenRuntime, pictures: list[RgbImage]) -> None:
    runtime = open_runtime("openvino", "efficientnet-lite0")
    prepared = [runtime.prepare(image) for image in pictures] * 5
    together = runtime.run(prepared).embedding
    for row, image in zip(together, prepared, strict=True):
        np.testing.assert_array_equal(runtime.run([image]).embedding[0], row)


def test_many_threads_with_more_images_than_requests_all_end(
    open_runtime: OpenRuntime, pictures: list[RgbImage]
) -> None:
    runtime = open_runtime("openvino", "efficientnet-lite0")
    prepared = [runtime.prepare(image) for image in pictures] * 3
    ended: list[Any] = []
    threads = [threading.Thread(target=lambda: ended.append(runtime.run(prepared)), daemon=True) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert len(ended) == 8


def test_a_failed_run_gives_its_requests_back(open_runtime: OpenRuntime, pictures: list[RgbImage]) -> None:
    runtime = open_runtime("openvino", "efficientnet-lite0")
    good = runtime.prepare(pictures[0])
    wrong = np.zeros((1, 3, 5, 5), np.uint8)
    for _ in range(10):  # more often than there are requests
        with pytest.raises(RuntimeError):
            runtime.run([good, wrong, good])
    assert runtime.run([good]).embedding.shape == (1, 1, 1280)


def test_bf16_is_refused_where_the_processor_has_none(
    open_runtime: OpenRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    from facies.models.runtimes.conversion import import_openvino

    open_runtime("openvino", "resnet18")  # converts first, so that nothing but the refusal is seen here

    class OlderProcessor(import_openvino().Core):  # type: ignore[misc]  # OpenVINO has no types
        def get_property(self, *arguments: Any) -> Any:
            if arguments[1:] == ("OPTIMIZATION_CAPABILITIES",):
                return ["FP32", "INT8"]
            return super().get_property(*arguments)

    monkeypatch.setattr(import_openvino(), "Core", OlderProcessor)
    with pytest.raises(ConfigurationError, match="no bf16 arithmetic"):
        open_runtime("openvino", "resnet18", precision="bf16")


def test_nothing_is_told_to_anybody(tmp_path: Path) -> None:
    """OpenVINO's telemetry leaves traces in the home folder; with it switched off there are none."""
    code = (
        "import sys; from facies.models.runtimes.conversion import import_openvino; import_openvino(); "
        "sys.exit(any(name.startswith('openvino_telemetry') for name in sys.modules))"
    )
    subprocess.run([sys.executable, "-c", code], env={**os.environ, "HOME": str(tmp_path)}, check=True)
    assert list(tmp_path.iterdir()) == []
