"""Host memory from which images travel to a GPU while it computes. Imports torch: import it where it is needed."""

from __future__ import annotations

import numpy as np
import torch

from facies.models.runtimes.base import Prepared


class StagingRing:
    """A ring of page-locked slots, each for one image; a slot is filled again once its last copy has left it.

    The copies run on a stream of their own, so they overlap with what the GPU computes. On a CPU device the slots are
    ordinary memory and a copy is done when the call returns: the same code without its haste.
    """

    def __init__(self, device: torch.device, *, slots: int, slot_bytes: int) -> None:
        """Allocate the slots.

        Args:
            device: where images go.
            slots: images in the air at most.
            slot_bytes: size of the largest image.
        """
        self._device = device
        self._on_gpu = device.type == "cuda"
        self._slots = [torch.empty(slot_bytes, dtype=torch.uint8, pin_memory=self._on_gpu) for _ in range(slots)]
        self._stream = torch.cuda.Stream(device) if self._on_gpu else None  # type: ignore[no-untyped-call]  # torch's
        self._left = [_event(on_gpu=self._on_gpu) for _ in range(slots)]
        self._next = 0

    def send(self, image: Prepared) -> torch.Tensor:
        """Copy a uint8 array to the device; what the current stream does next comes after the copy.

        Args:
            image: any shape, at most `slot_bytes` large.

        Returns:
            the same values on the device, in memory of their own.
        """
        number, self._next = self._next, (self._next + 1) % len(self._slots)
        left = self._left[number]
        if left is not None:
            left.synchronize()  # an event that was never recorded counts as reached
        staged = self._slots[number][: image.size].view(image.shape)
        staged.copy_(torch.from_numpy(np.array(image, order="C")))
        if self._stream is None or left is None:
            return staged.clone()
        with torch.cuda.stream(self._stream):
            sent = staged.to(self._device, non_blocking=True)
            left.record()
        current = torch.cuda.current_stream(self._device)
        current.wait_event(left)
        sent.record_stream(current)  # it was allocated on the copy stream, and is used on this one
        return sent


class ReturnTrip:
    """Results on their way from the device to the host; the GPU goes on meanwhile."""

    def __init__(self, outputs: tuple[torch.Tensor, ...], rows: int) -> None:
        """Start to copy the first rows of each output, after all that the current stream has been given so far."""
        on_gpu = outputs[0].is_cuda
        self._arrived = _event(on_gpu=on_gpu)
        self._results = []
        for output in outputs:
            wanted = output[:rows].float().contiguous()
            result = torch.empty(wanted.shape, dtype=wanted.dtype, pin_memory=on_gpu)
            result.copy_(wanted, non_blocking=on_gpu)
            self._results.append(result)
        if self._arrived is not None:
            self._arrived.record()

    def wait(self) -> list[np.ndarray[tuple[int, ...], np.dtype[np.float32]]]:
        """The results, float32, once they are here."""
        if self._arrived is not None:
            self._arrived.synchronize()
        return [result.numpy() for result in self._results]


def _event(*, on_gpu: bool) -> torch.cuda.Event | None:
    return torch.cuda.Event() if on_gpu else None  # type: ignore[no-untyped-call]  # torch's
