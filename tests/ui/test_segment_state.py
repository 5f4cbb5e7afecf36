from __future__ import annotations

from streamlit.testing.v1 import AppTest


def _script() -> None:
    import streamlit as st

    from facies.ui import segment_state

    segment_state.read_address()
    if st.button("go", key="go"):
        segment_state.go_to(2)
    if st.button("other", key="other"):
        segment_state.choose_picture("p2")
    segment_state.write_address()
    st.text(f"{segment_state.current()} {segment_state.current_go()}")


def test_the_address_brings_back_what_was_looked_at() -> None:
    page = AppTest.from_function(_script)
    page.query_params["drawing"] = "0123456789ab"
    page.query_params["picture"] = "p1"
    page.query_params["job"] = "j1"
    page.run()
    assert "drawing='0123456789ab', picture='p1', job='j1'" in page.text[0].value
    page.button(key="go").click().run()
    page.button(key="go").click().run()
    assert "Go(place=2, number=2)" in page.text[0].value
    page.button(key="other").click().run()
    assert page.query_params["picture"] == "p2"
    assert "Go(place=None, number=0)" in page.text[0].value, "a place belongs to one picture"


def test_a_link_to_an_image_begins_a_drawing_of_it() -> None:
    page = AppTest.from_function(_script)
    page.query_params["collection"] = "fossils"
    page.query_params["image"] = "i1"
    page.run()
    assert "drawing=None" in page.text[0].value
    assert "collection='fossils', image='i1'" in page.text[0].value
