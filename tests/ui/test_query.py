from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from facies.core.wire_search import Crop
from facies.ui.query import (
    Query,
    QueryExample,
    classify_request,
    example_of_id,
    example_of_upload,
    search_request,
)

IDS = [f"0b9a1a4e-5f43-5c5e-9d5e-2a0f3f6c1d2{n}" for n in "0123"]

examples = st.one_of(
    st.builds(example_of_id, st.sampled_from(IDS), positive=st.booleans()),
    st.builds(example_of_upload, st.just("a.png"), st.sampled_from([b"1", b"2", b"3"])),
)
deeds = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.lists(examples, max_size=3)),
        st.tuples(
            st.sampled_from(["remove", "flip", "look_at"]), st.sampled_from([f"id:{IDS[0]}", f"id:{IDS[1]}", "id:zz"])
        ),
    ),
    max_size=8,
)


def composed(steps: list[tuple[str, object]]) -> Query:
    query = Query()
    for name, value in steps:
        query = getattr(query, name)(value)
    return query


@given(deeds)
def test_no_example_is_there_twice_and_the_focus_exists(steps: list[tuple[str, object]]) -> None:
    query = composed(steps)
    keys = [e.key for e in query.examples]
    assert len(keys) == len(set(keys))
    assert (query.focus is None) == (not keys)
    assert query.focus is None or query.focus in keys


@given(deeds)
def test_a_request_refers_to_every_file_once_and_in_order(steps: list[tuple[str, object]]) -> None:
    query = composed(steps)
    if not query.is_searchable:
        return
    body, files = search_request(query, k=5)
    referred = sorted(e.upload for e in [*body.positive, *body.negative] if e.upload is not None)
    assert referred == list(range(len(files)))
    for wired, example in zip(body.positive, query.positive, strict=True):
        assert wired.id == example.image_id
        if wired.upload is not None:
            assert files[wired.upload][1] == example.data


def test_adding_a_known_example_changes_its_sign_and_keeps_its_crop() -> None:
    crop = Crop(x=1, y=2, width=3, height=4)
    query = Query().add([example_of_id("a"), example_of_id("b")]).crop("id:a", crop)
    query = query.add([example_of_id("a", positive=False)])
    assert [e.key for e in query.negative] == ["id:a"]
    assert query.negative[0].crop == crop


def test_the_focus_moves_on_when_its_example_goes() -> None:
    query = Query().add([example_of_id("a"), example_of_id("b")]).look_at("id:b").remove("id:b")
    assert query.focused == example_of_id("a")
    assert query.remove("id:a") == Query()


def test_a_query_against_only_is_not_searchable() -> None:
    assert not Query().add([example_of_id("a", positive=False)]).is_searchable


def test_a_crop_and_a_filter_reach_the_body() -> None:
    crop = Crop(x=0, y=0, width=9, height=9)
    query = Query().add([example_of_upload("a.tif", b"x")])
    body, files = search_request(query.crop(query.examples[0].key, crop), k=7, offset=14, where={"not": {}})
    assert (body.k, body.offset, body.where) == (7, 14, {"not": {}})
    assert body.positive[0].crop == crop
    assert files == [("a.tif", b"x")]


def test_only_the_example_in_question_is_classified() -> None:
    body, files = classify_request(example_of_upload("a.png", b"x"), k=15, top=3)
    assert files == [("a.png", b"x")]
    assert body.examples[0].upload == 0
    body, files = classify_request(
        QueryExample("id:a", "a", image_id="0b9a1a4e-5f43-5c5e-9d5e-2a0f3f6c1d2e"), k=15, top=3
    )
    assert files == []
    assert body.examples[0].id == "0b9a1a4e-5f43-5c5e-9d5e-2a0f3f6c1d2e"
