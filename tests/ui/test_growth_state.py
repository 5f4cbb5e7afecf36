from __future__ import annotations

from facies.core.wire_growth import GrowOut
from facies.ui.growth_state import Growing, started
from facies.ui.label_state import Scope, Work
from facies.ui.where import FilterChoice
from tests.ui.answers import id_of, image_out
from tests.ui.label_answers import answer_growth


def growing() -> Growing:
    images = [image_out(place, None) for place in range(4)]
    told = answer_growth("growth", {"label": "azolla"}, images)
    assert isinstance(told, GrowOut)
    return Growing("fossils", told, 20)


def test_it_begins_with_what_the_address_says() -> None:
    scope = Scope(FilterChoice({"label": ("a",)}), "dino")
    body = started(Work("grow", label="azolla", like=(id_of(1),), scope=scope), 50)
    assert (body.label, body.examples, body.vector, body.page) == ("azolla", [id_of(1)], "dino", 50)
    assert body.where == {"field": "label", "any_of": ["a"]}


def test_images_are_taken_out_put_back_or_out_from_one_on() -> None:
    at = growing()
    at.take_out([id_of(1), id_of(9)])
    assert at.out == {id_of(1)}
    at.take_out([id_of(1)], out=False)
    at.take_out_from(id_of(1))
    assert at.out == {id_of(1), id_of(2)}
    at.take_out_from(id_of(9))
    assert at.judged("right").wrong == [id_of(1), id_of(2)]


def test_another_page_begins_with_nothing_taken_out() -> None:
    at = growing()
    at.take_out([id_of(1)])
    at.go_on(at.told)
    assert at.out == set()


def test_each_sample_has_a_seed_of_its_own() -> None:
    at = growing()
    assert (at.sampled().seed, at.sampled().images) == (0, 20)
    at.audits += 1
    assert at.sampled().seed == 1
    assert at.audited().precision == 0.95
