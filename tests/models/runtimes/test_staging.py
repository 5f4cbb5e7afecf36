"""Images on their way to a device and results on their way back; here the device is the CPU."""

from __future__ import annotations

import numpy as np
import torch

from facies.models.runtimes.staging import ReturnTrip, StagingRing


def test_every_image_arrives_as_it_was_sent_however_often_slots_are_used_again() -> None:
    rng = np.random.default_rng(0)
    images = [rng.integers(0, 256, shape, dtype=np.uint8) for shape in [(5, 4, 3), (2, 3, 6, 6), (1, 1, 3)] * 5]
    ring = StagingRing(torch.device("cpu"), slots=2, slot_bytes=2 * 3 * 6 * 6)
    sent = [ring.send(image) for image in images]
    for image, tensor in zip(images, sent, strict=True):
        np.testing.assert_array_equal(tensor.numpy(), image)


def test_views_of_memory_and_read_only_arrays_travel_too() -> None:
    image = np.arange(60, dtype=np.uint8).reshape(5, 4, 3)[::-1, ::2]
    frozen = image.copy()
    frozen.flags.writeable = False
    ring = StagingRing(torch.device("cpu"), slots=1, slot_bytes=60)
    for each in (image, frozen):
        np.testing.assert_array_equal(ring.send(each).numpy(), image)


def test_results_come_back_cut_to_their_rows_and_in_memory_of_their_own() -> None:
    whole = (torch.arange(12.0).view(4, 3), torch.ones(4, 2, dtype=torch.bfloat16))
    trip = ReturnTrip(whole, 2)
    whole[0].zero_()  # as the next pass overwrites its outputs
    first, second = trip.wait()
    assert first.tolist() == [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]
    assert second.dtype == np.float32
    assert second.shape == (2, 2)
