import numpy as np
import pytest

from facies.indexer.segmentation.particles import place_particle


@pytest.mark.parametrize("angular", [True, False])
@pytest.mark.parametrize("seed", range(6))
def test_a_particle_lies_in_its_box_and_is_about_as_large_as_asked(seed: int, angular: bool) -> None:
    particle = None
    rng = np.random.default_rng(seed)
    while particle is None or min(particle.depth.shape) < 105:  # else cut off by the edge
        particle = place_particle(rng, (2_000, 2_000), radius_px=40, aspect=2, angular=angular)
    inside = particle.depth > 0
    assert inside.shape == (
        particle.rows.stop - particle.rows.start,
        particle.columns.stop - particle.columns.start,
    )
    assert not inside[0].any()
    assert not inside[:, -1].any()
    full = np.pi * 40 * 20
    assert 0.4 * full < inside.sum() < 1.2 * full
    assert np.abs(particle.along[inside]).max() < 40 * 1.35
    assert np.abs(particle.across[inside]).max() < 20 * 1.35
