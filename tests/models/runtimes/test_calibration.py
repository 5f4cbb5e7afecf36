"""The drawn images: always the same, and like photographs in what matters for the range of a network's values."""

from __future__ import annotations

import numpy as np

from facies.models.runtimes.calibration import draw_calibration_images

MEANS = [46.2, 116.2, 113.7, 113.9, 44.4]


def test_they_are_always_the_same_and_fewer_are_the_first() -> None:
    some, more = draw_calibration_images(64, 3), draw_calibration_images(64, 5)
    for one, other in zip(some, more, strict=False):
        np.testing.assert_array_equal(one, other)
    assert not any(np.array_equal(more[0], other) for other in more[1:])
    # Pinned: a change of what is drawn wants another number in CALIBRATION.
    assert [image.shape[0] for image in more] == [22, 34, 17, 17, 25]
    np.testing.assert_allclose([image.mean() for image in more], MEANS, atol=0.05)


def test_sizes_and_contrasts_vary_and_small_inputs_are_possible() -> None:
    images = draw_calibration_images(96, 24)
    assert all(image.dtype == np.uint8 and image.shape == (len(image), len(image), 3) for image in images)
    assert min(len(image) for image in images) < 40
    assert max(len(image) for image in images) > 70
    spreads = [image.std() for image in images]
    assert min(spreads) < 30
    assert max(spreads) > 50
    assert draw_calibration_images(8, 1)[0].shape == (8, 8, 3)


def test_their_spectrum_falls_as_that_of_natural_images() -> None:
    """Power over spatial frequency falls about as 1/f^2; that of noise is flat."""
    slopes = []
    for image in draw_calibration_images(192, 16):
        grey = image.mean(axis=2)
        power = np.abs(np.fft.fft2(grey - grey.mean())) ** 2
        y, x = (np.fft.fftfreq(len(grey)) for _ in range(2))
        frequency = np.hypot(y[:, None], x[None])
        band = (frequency > 0.03) & (frequency < 0.3)
        slopes.append(np.polyfit(np.log(frequency[band]), np.log(power[band] + 1e-9), 1)[0])
    assert -3.5 < np.mean(slopes) < -1.5
