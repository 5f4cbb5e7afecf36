"""The process that quantizes: ``python -m facies.models.runtimes.quantization_child JOB``, started by `quantization`.

NNCF changes the process it is imported into: it sets the class of all loggers, takes over standard output for progress
bars, imports torch's compiler, and stays in memory. Here it has a process of its own, which ends.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

NETWORK = "network.xml"
IMAGES = "images.npy"
QUANTIZED = "quantized.xml"
_ATTENTION = frozenset({"ScaledDotProductAttention", "Softmax"})
"""Operations of transformers; embedding networks of convolutions end before the softmax of a classifier."""


@dataclass(frozen=True, slots=True)
class Job:
    """What to quantize.

    Attributes:
        folder: holds the network, the images (n, 3, input_px, input_px) uint8, and later the result, by the names
            above.
        mean: of values in [0, 1], per channel, as the network wants them normalised.
        std: as `mean`.
    """

    folder: Path
    mean: Sequence[float]
    std: Sequence[float]

    def dump(self) -> str:
        """As one argument of a command."""
        return json.dumps({**asdict(self), "folder": str(self.folder)})

    @classmethod
    def load(cls, text: str) -> Self:
        """Read what `dump` wrote."""
        fields = json.loads(text)
        return cls(**{**fields, "folder": Path(fields["folder"])})


def main(argument: str) -> None:
    """Quantize a network that lies in a folder, and save the result beside it."""
    # Both OpenVINO and NNCF send events and write a client id unless this cannot be imported.
    sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]  # Python's own way to say so
    import nncf
    import openvino

    job = Job.load(argument)
    images: NDArray[np.uint8] = np.load(job.folder / IMAGES)
    model = openvino.Core().read_model(job.folder / NETWORK)
    quantized = nncf.quantize(
        model,
        nncf.Dataset(images, lambda image: _normalise(image, job)),
        subset_size=len(images),
        model_type=nncf.ModelType.TRANSFORMER if _has_attention(model) else None,
    )
    openvino.save_model(quantized, job.folder / QUANTIZED, compress_to_fp16=False)


def _normalise(image: NDArray[np.uint8], job: Job) -> NDArray[np.float32]:
    mean, std = (np.array(values, np.float32).reshape(3, 1, 1) for values in (job.mean, job.std))
    return ((image[None].astype(np.float32) / np.float32(255) - mean) / std).astype(np.float32)


def _has_attention(model: Any) -> bool:
    return any(operation.get_type_name() in _ATTENTION for operation in model.get_ops())


if __name__ == "__main__":
    main(sys.argv[1])
