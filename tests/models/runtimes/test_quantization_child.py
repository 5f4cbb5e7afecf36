"""What the quantizing process is told, and how it tells a transformer; the rest is tested through `quantization`."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np

from facies.models.preprocess import normalise
from facies.models.runtimes.quantization_child import Job, _has_attention, _normalise


def test_a_job_survives_the_command_line() -> None:
    job = Job(Path("a folder with spaces"), [0.1, 0.2, 0.3], [1.0, 2.0, 3.0])
    assert Job.load(job.dump()) == job


def test_images_are_normalised_as_the_network_wants_them() -> None:
    import torch

    image = np.random.default_rng(0).integers(0, 256, (3, 5, 5), dtype=np.uint8)
    mean, std = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
    expected = normalise(torch.from_numpy(image)[None], mean, std).numpy()
    np.testing.assert_allclose(_normalise(image, Job(Path(), mean, std)), expected, atol=1e-6)


def test_attention_makes_a_transformer() -> None:
    def model(*names: str) -> SimpleNamespace:
        return SimpleNamespace(get_ops=lambda: [SimpleNamespace(get_type_name=lambda n=n: n) for n in names])

    assert _has_attention(model("MatMul", "ScaledDotProductAttention"))
    assert not _has_attention(model("Convolution", "Sigmoid", "ReduceMean"))
