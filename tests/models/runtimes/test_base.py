"""What every runtime promises, on each that is installed, and that all of them say the same."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pytest

from facies.core.errors import ConfigurationError, ImageError
from facies.models.preprocess import View
from facies.models.runtimes.base import Outputs, Prepared, Runtime, check_maps, split_views

from .conftest import CARDS, RUNTIMES, TAPPED, Network, OpenRuntime, unit

if TYPE_CHECKING:
    from facies.core.images import RgbImage

CLOSE = {"f32": 0.9999, "bf16": 0.99, "int8": 0.9}
"""Least cosine to torch in f32."""
CASES = [
    *((runtime, card, "bf16" if runtime == "torch-cuda" else "f32") for card in CARDS for runtime in RUNTIMES),
    ("openvino", "resnet18", "int8"),
    ("openvino", "tiny-transformer", "int8"),
]


class Case(NamedTuple):
    """A runtime with three views and two maps, what it made of the pictures, and what torch in f32 makes of them."""

    card: str
    precision: str
    runtime: Runtime
    prepared: list[Prepared]
    outputs: Outputs
    expected: Outputs


@pytest.fixture(scope="module")
def expected(networks: dict[str, Network], open_runtime: OpenRuntime, pictures: list[RgbImage]) -> dict[str, Outputs]:
    made = {}
    for card in CARDS:
        runtime = open_runtime("torch", card, views=networks[card].views, maps=TAPPED[card])
        made[card] = runtime.run([runtime.prepare(image) for image in pictures])
    return made


@pytest.fixture(scope="module", params=CASES, ids="-".join)
def case(
    request: pytest.FixtureRequest,
    networks: dict[str, Network],
    open_runtime: OpenRuntime,
    pictures: list[RgbImage],
    expected: dict[str, Outputs],
) -> Case:
    name, card, precision = request.param
    runtime = open_runtime(name, card, views=networks[card].views, maps=TAPPED[card], precision=precision)
    prepared = [runtime.prepare(image) for image in pictures]
    return Case(card, precision, runtime, prepared, runtime.run(prepared), expected[card])


def test_a_runtime_says_what_it_is(case: Case, networks: dict[str, Network]) -> None:
    assert isinstance(case.runtime, Runtime)
    assert case.runtime.name in RUNTIMES
    assert case.runtime.precision == case.precision
    assert case.runtime.views == networks[case.card].views
    assert case.runtime.preprocessing == "as tested"
    assert case.runtime.batch_size == 3
    assert set(TAPPED[case.card]) <= set(case.runtime.map_names)


def test_all_runtimes_have_the_same_maps(case: Case, open_runtime: OpenRuntime) -> None:
    assert case.runtime.map_names == open_runtime("torch", case.card).map_names


def test_shapes(case: Case, networks: dict[str, Network]) -> None:
    images, views = len(case.prepared), len(case.runtime.views)
    assert case.outputs.embedding.shape == (images, views, networks[case.card].card.dim)
    assert case.outputs.embedding.dtype == np.float32
    assert tuple(case.outputs.maps) == TAPPED[case.card]
    for name, values in case.outputs.maps.items():
        assert values.shape == case.expected.maps[name].shape
        assert values.shape[:2] == (images, views)
        assert values.dtype == np.float32
    if case.card == "tiny-transformer":
        assert case.outputs.maps["blocks.11"].shape[2:] == (1 + 14 * 14, 192)


def test_values_are_those_of_torch(case: Case) -> None:
    least = CLOSE[case.runtime.precision]
    cosines = (unit(case.outputs.embedding) * unit(case.expected.embedding)).sum(axis=-1)
    assert cosines.min() >= least
    for name, values in case.outputs.maps.items():
        flat, other = (maps.reshape(*maps.shape[:2], -1) for maps in (values, case.expected.maps[name]))
        assert (unit(flat) * unit(other)).sum(axis=-1).min() >= least


def test_views_differ_and_come_in_their_order(case: Case, open_runtime: OpenRuntime, pictures: list[RgbImage]) -> None:
    turned = open_runtime(case.runtime.name, case.card, views=case.runtime.views[::-1], precision=case.precision)
    embedding = turned.run([turned.prepare(pictures[1])]).embedding[0]
    np.testing.assert_allclose(unit(embedding[::-1]), unit(case.outputs.embedding[1]), atol=1e-5)
    assert not np.allclose(unit(embedding[0]), unit(embedding[2]), atol=1e-3)


def test_company_changes_nothing(case: Case) -> None:
    for some in ([2], [3, 1]):
        made = case.runtime.run([case.prepared[number] for number in some])
        np.testing.assert_allclose(unit(made.embedding), unit(case.outputs.embedding[some]), atol=1e-5)


def test_no_images_give_outputs_of_no_rows(case: Case) -> None:
    empty = case.runtime.run([])
    assert empty.embedding.shape == (0, *case.outputs.embedding.shape[1:])
    assert {n: m.shape for n, m in empty.maps.items()} == {n: (0, *m.shape[1:]) for n, m in case.outputs.maps.items()}


def test_threads_may_share_a_runtime(case: Case) -> None:
    results: dict[int, Outputs] = {}
    rows = [case.prepared[:1], case.prepared[1:3], case.prepared]
    threads = [threading.Thread(target=lambda n=n: results.update({n: case.runtime.run(rows[n])})) for n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    for n, start in enumerate([0, 1, 0]):
        whole = case.outputs.embedding[start : start + len(rows[n])]
        np.testing.assert_allclose(unit(results[n].embedding), unit(whole), atol=1e-5)


def test_what_is_no_image_is_refused(case: Case) -> None:
    wrong: list[np.ndarray] = [
        np.zeros((4, 4), np.uint8),
        np.zeros((4, 4, 3), np.float32),
        np.zeros((0, 4, 3), np.uint8),
    ]
    for one in wrong:
        with pytest.raises(ImageError, match="expected pixels of shape"):
            case.runtime.prepare(one)


@pytest.mark.parametrize("name", RUNTIMES)
def test_maps_that_a_network_has_not_are_refused(name: str, open_runtime: OpenRuntime) -> None:
    with pytest.raises(ConfigurationError, match=r"has no map blocks\.3\. It has: .*layer4"):
        open_runtime(name, "resnet18", maps=["layer4", "blocks.3"])


@pytest.mark.parametrize("name", RUNTIMES)
def test_views_of_several_sizes_are_refused(name: str, open_runtime: OpenRuntime) -> None:
    for views in ([View(256, 224), View(256, 192)], []):
        with pytest.raises(ConfigurationError, match="one input size"):
            open_runtime(name, "resnet18", views=views)


def test_maps_are_checked_by_name() -> None:
    assert check_maps(["b", "a"], ["a", "b", "c"], "net") == ("b", "a")
    with pytest.raises(ConfigurationError, match=r"net has no map x\. It has: none"):
        check_maps(["x"], [], "net")


def test_views_of_an_image_lie_side_by_side() -> None:
    rows = np.arange(24, dtype=np.float32).reshape(6, 4)
    assert split_views(rows, 3)[1, 2].tolist() == rows[5].tolist()
    assert split_views(rows[:0], 3).shape == (0, 3, 4)
