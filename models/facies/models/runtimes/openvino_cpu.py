"""OpenVINO on a CPU: the fastest way on x86 processors, for f32, int8 and, where the processor has it, bf16.

Each view is one request of batch one, and as many requests run side by side as there are cores, each on one thread.
On two cores that took as little CPU as batches of 4 or 8 (within 5 %) and 10 to 40 % less than one request on all
threads, and it makes the vector of an image the same to the last bit in any company.
"""

from __future__ import annotations

import contextlib
import queue
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from facies.core.errors import ConfigurationError
from facies.models.cards import ModelCard
from facies.models.preprocess import View, common_input_px, prepare_views
from facies.models.runtimes.base import Outputs, Precision, Prepared, RuntimeName, check_maps, split_views
from facies.models.runtimes.choice import count_cores
from facies.models.runtimes.conversion import EMBEDDING, MAP, import_openvino, open_network
from facies.models.runtimes.quantization import require_nncf
from facies.models.weights import FoundWeights

if TYPE_CHECKING:
    from facies.core.images import RgbImage
    from facies.models.runtimes.base import Values

_MAX_STREAMS = 16
"""Requests side by side at most; more cores than this share them, since each request holds its own activations."""
_REQUESTS_PER_STREAM = 2
"""One runs, one waits, so that a stream need not wait for Python."""


class OpenVinoRuntime:
    """A network on OpenVINO."""

    name: RuntimeName = "openvino"

    def __init__(
        self,
        card: ModelCard,
        weights: FoundWeights,
        *,
        views: Sequence[View],
        maps: Sequence[str] = (),
        precision: Precision = "f32",
        threads: int = 0,
        batch_size: int = 8,
        kept: Path | None = None,
        preprocessing: str,
    ) -> None:
        """Convert a network, or open it where that was done before, and compile it for this processor.

        Args:
            card: which network.
            weights: its checkpoint.
            views: how each image is looked at.
            maps: intermediate maps that each run gives.
            precision: ``bf16`` needs a processor that has it, ``int8`` needs NNCF.
            threads: of all runs together; 0 means all cores.
            batch_size: how many images the caller is to give at once.
            kept: folder of converted networks, see `open_network`.
            preprocessing: how pixels reach the network.

        Raises:
            ConfigurationError: the processor has no bf16, NNCF is not installed, or the network has none of the maps.
            WeightsMismatchError: the checkpoint does not fit.
            ModelError: NNCF could not quantize the network.
        """
        self.precision = precision
        self.views = tuple(views)
        self.batch_size = batch_size
        self.preprocessing = preprocessing
        self._card = card
        px = common_input_px(views)
        if precision == "int8":
            require_nncf(f"{card.name} in int8")
        model = open_network(card, weights, px, kept, quantized=precision == "int8")
        there = [name for output in model.outputs for name in output.names]
        self.map_names = tuple(name.removeprefix(MAP) for name in there if name.startswith(MAP))
        self._maps = check_maps(maps, self.map_names, card.name)
        self._compiled = _compile(model, card, self._maps, precision, threads or count_cores())
        streams = int(self._compiled.get_property("NUM_STREAMS"))
        self._idle: queue.SimpleQueue[Any] = queue.SimpleQueue()
        for _ in range(streams * _REQUESTS_PER_STREAM):
            self._idle.put(self._compiled.create_infer_request())

    def prepare(self, pixels: RgbImage) -> Prepared:
        """Bring an image to shape (views, 3, input_px, input_px), uint8."""
        return prepare_views(pixels, self.views, self._card.interpolation, self._card.resizing)

    def run(self, prepared: Sequence[Prepared]) -> Outputs:
        """Run what `prepare` gave."""
        rows = [row for image in prepared for row in image]
        shapes = [list(output.shape)[1:] for output in self._compiled.outputs]
        results = [np.empty((len(rows), *shape), dtype=np.float32) for shape in shapes]
        with self._flight() as flying:
            for number, row in enumerate(rows):
                while (request := self._take(wait=not flying)) is None:
                    self._land(flying, results)
                flying.append((number, request))
                request.start_async({0: row[None]}, share_inputs=True)
            while flying:
                self._land(flying, results)
        embedding, *maps = (split_views(result, len(self.views)) for result in results)
        return Outputs(embedding, dict(zip(self._maps, maps, strict=True)))

    def _take(self, *, wait: bool) -> Any:
        """An idle request, or None. Who has some in the air never waits, or two threads could wait for each other."""
        try:
            return self._idle.get(block=wait)
        except queue.Empty:
            return None

    def _land(self, flying: deque[tuple[int, Any]], results: list[Values]) -> None:
        """Wait for the oldest request, take what it computed, and give it back."""
        number, request = flying[0]
        request.wait()
        for index, result in enumerate(results):
            result[number] = request.get_output_tensor(index).data[0]
        flying.popleft()
        self._idle.put(request)

    @contextlib.contextmanager
    def _flight(self) -> Iterator[deque[tuple[int, Any]]]:
        """Requests in the air, oldest first; whatever happens, all of them are given back, and none is still busy."""
        flying: deque[tuple[int, Any]] = deque()
        try:
            yield flying
        finally:
            for _, request in flying:
                with contextlib.suppress(RuntimeError):  # the first failure is the one to tell
                    request.cancel()
                    request.wait()
                self._idle.put(request)


def _compile(model: Any, card: ModelCard, maps: Sequence[str], precision: Precision, threads: int) -> Any:
    ov = import_openvino()
    from openvino import preprocess

    core = ov.Core()
    if precision == "bf16" and "BF16" not in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
        raise ConfigurationError(
            "this processor has no bf16 arithmetic, and OpenVINO would compute in f32 without a word. Set "
            "FACIES_MODELS__PRECISION to f32 or auto."
        )
    wanted = [EMBEDDING, *(MAP + name for name in maps)]
    model = ov.Model([model.output(name).node for name in wanted], model.get_parameters(), card.name)
    steps = preprocess.PrePostProcessor(model)
    steps.input().tensor().set_element_type(ov.Type.u8).set_layout(ov.Layout("NCHW"))
    steps.input().model().set_layout(ov.Layout("NCHW"))
    mean, std = ([255 * value for value in values] for values in (card.mean, card.std))
    steps.input().preprocess().convert_element_type(ov.Type.f32).mean(mean).scale(std)
    settings = {
        # By default it takes bf16 wherever the processor has it, also for what a quantized network leaves in floats.
        "INFERENCE_PRECISION_HINT": "f32" if precision == "int8" else precision,
        "PERFORMANCE_HINT": "THROUGHPUT",
        "NUM_STREAMS": str(min(threads, _MAX_STREAMS)),
        "INFERENCE_NUM_THREADS": str(threads),
        "ENABLE_CPU_PINNING": False,  # decoding threads and other processes want the cores too
    }
    return core.compile_model(steps.build(), "CPU", settings)
