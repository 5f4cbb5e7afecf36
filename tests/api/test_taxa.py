from __future__ import annotations

from collections.abc import Iterator

import pytest

from facies.api.classify import classify_images
from facies.api.service import Service
from facies.core.errors import QueryError, TaxonomyError, TaxonomyNotFoundError, UnknownTaxonError
from facies.core.records import ImageRecord
from facies.core.taxonomy import Span, Taxon, Taxonomy
from facies.core.wire_classify import ClassifyBody, ClassifyOut
from facies.core.wire_search import Example
from facies.core.wire_taxonomy import HiddenOut

FIGURES = Taxonomy(
    "figures",
    "what the gallery shows",
    (
        Taxon("plots", "group"),
        Taxon("bar_chart", None, "plots"),
        Taxon("well_log", None, "plots", depth_m=Span(1000, 2000)),
        Taxon("rocks", "group", age_ma=Span(50, 60)),
        Taxon("laminated_shale", None, "rocks", synonyms=("shale",)),
    ),
)


@pytest.fixture(scope="module")
def figures(shared: Service) -> Iterator[Service]:
    """The shared gallery, which uses a taxonomy that lacks one of its labels."""
    shared.workspace.catalog.add_taxonomy(FIGURES)
    shared.workspace.catalog.use_taxonomy("g", "figures")
    yield shared
    shared.workspace.catalog.use_taxonomy("g", None)
    shared.workspace.catalog.delete_taxonomy("figures")


def records(service: Service) -> list[ImageRecord]:
    return list(service.workspace.catalog.iter_images("g"))


def classify(service: Service, **more: object) -> ClassifyOut:
    examples = [Example(id=image.id) for image in records(service)]
    return classify_images(service, "g", ClassifyBody.model_validate({"examples": examples, "k": 20, **more}))


def test_nothing_is_asked_of_a_taxonomy_unless_the_body_says_so(figures: Service) -> None:
    answer = classify(figures)
    assert (answer.taxonomy, answer.hidden) == (None, [])
    assert all(one.rolled_up is None for one in answer.predictions)


@pytest.mark.parametrize("threshold", [0.3, 0.6, 0.9, 1.0])
def test_an_answer_is_rolled_up_by_all_votes_not_by_those_that_are_shown(figures: Service, threshold: float) -> None:
    everything = classify(figures, top=50, temperature=1.0)
    answer = classify(figures, top=1, temperature=1.0, roll_up=threshold)
    assert answer.taxonomy == "figures"
    rolled = 0
    for one, whole in zip(answer.predictions, everything.predictions, strict=True):
        assert len(one.top) == 1
        assert one.rolled_up is not None
        found = one.rolled_up
        winner = one.top[0]
        line = [taxon.name for taxon in FIGURES.lineage(winner.label)] if winner.label in FIGURES else [winner.label]
        assert found.taxon in line
        belonging = (
            [
                share.probability
                for share in whole.top
                if share.label == found.taxon
                or (share.label in FIGURES and FIGURES.belongs_to(share.label, found.taxon))
            ]
            if found.taxon in FIGURES
            else [winner.probability]
        )
        assert found.probability == pytest.approx(sum(belonging))
        assert found.reached == (found.probability >= threshold - 1e-9)
        if winner.probability >= threshold:
            assert found.taxon == winner.label
        rolled += found.taxon != winner.label
    assert rolled > 0 or threshold == 0.3


def test_a_list_lets_only_its_labels_vote(figures: Service) -> None:
    answer = classify(figures, only=["rocks", "bar_chart"], top=10)
    assert {share.label for one in answer.predictions for share in one.top} == {"bar_chart", "laminated_shale"}
    assert answer.hidden == [
        HiddenOut(label="seismic_section", reason="it is no taxon of figures"),
        HiddenOut(label="well_log", reason="it belongs to none of rocks, bar_chart"),
    ]
    assert all(sum(share.probability for share in one.top) == pytest.approx(1) for one in answer.predictions)


def test_ages_and_depths_hide_what_they_exclude_and_keep_what_nobody_knows(figures: Service) -> None:
    answer = classify(figures, age=[61, None], depth=[None, 999])
    assert {hidden.label: hidden.reason for hidden in answer.hidden} == {
        "laminated_shale": "the age of rocks is 50 to 60 Ma, outside 61 and more Ma",
        "well_log": "the depth of well_log is 1000 to 2000 m, outside up to 999 m",
    }
    assert {one.top[0].label for one in answer.predictions} <= {"bar_chart", "seismic_section"}


def test_a_mask_goes_with_a_filter(figures: Service) -> None:
    where = {"field": "label", "any_of": ["well_log", "laminated_shale"]}
    answer = classify(figures, only=["shale"], where=where)
    assert {share.label for one in answer.predictions for share in one.top} == {"laminated_shale"}
    with pytest.raises(QueryError, match="that the filter lets through"):
        classify(figures, only=["shale"], where={"field": "label", "equals": "well_log"})


@pytest.mark.parametrize(
    ("asked", "kind", "message"),
    [
        ({"only": ["shales"]}, UnknownTaxonError, "Did you mean 'laminated_shale'"),
        ({"only": ["plots"], "depth": [1, 2], "age": [1, 2]}, None, ""),
        ({"only": ["well_log"], "depth": [1, 2]}, QueryError, "the mask hides all 4 classes"),
        ({"age": [60, 50]}, TaxonomyError, "expected the lower end first"),
    ],
)
def test_bad_masks_are_refused(
    figures: Service, asked: dict[str, object], kind: type[Exception] | None, message: str
) -> None:
    if kind is None:
        assert {hidden.label for hidden in classify(figures, **asked).hidden} >= {"well_log"}
        return
    with pytest.raises(kind, match=message):
        classify(figures, **asked)


@pytest.mark.parametrize("asked", [{"roll_up": 0.9}, {"only": ["x"]}, {"age": [1, 2]}, {"depth": [None, 2]}])
def test_a_collection_without_a_taxonomy_says_so(filled: Service, asked: dict[str, object]) -> None:
    with pytest.raises(TaxonomyNotFoundError, match=r"'g' uses no taxonomy.*`facies taxonomy use NAME -c g`"):
        classify(filled, **asked)
