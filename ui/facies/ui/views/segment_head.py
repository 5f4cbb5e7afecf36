"""Above the picture: which one, its depth, further pictures, strokes as files, and the order to name the whole."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import streamlit as st

from facies.core.errors import FaciesError
from facies.core.wire_drawings import DrawingChange, DrawingOut, PictureOut, PicturePlace, StrokeFileBody
from facies.core.wire_jobs import JobOut
from facies.ui import segment_state, state
from facies.ui.problems import show_problem
from facies.ui.service import Service
from facies.ui.views import segment_run
from facies.ui.views.segment_start import TASKS, choose_pictures


def show(service: Service, drawing: DrawingOut, picture: PictureOut | None, job: JobOut | None) -> None:
    """Draw the row above the picture."""
    with st.container(key="segment-title-row", horizontal=True, vertical_alignment="center"):
        st.button(
            "All drawings",
            key="segment-back",
            icon=":material/arrow_back:",
            type="tertiary",
            on_click=segment_state.open_drawing,
            args=(None,),
        )
        st.text_input(
            "Title",
            value=drawing.title,
            key=f"segment-title-{drawing.id}",
            placeholder="Without a title",
            label_visibility="collapsed",
            max_chars=200,
            on_change=_rename,
            args=(service, drawing),
            width=360,
        )
        st.caption(TASKS[drawing.task], width="content")
    with st.container(key="segment-head", horizontal=True, vertical_alignment="bottom"):
        _choose_picture(drawing, picture)
        with st.popover("Pictures", icon=":material/add_photo_alternate:", key="segment-pictures"):
            _pictures(service, drawing, picture)
        if drawing.task == "core" and drawing.pictures:
            with st.popover("Depths", icon=":material/straighten:", key="segment-depths"):
                _depths(service, drawing)
        if picture is not None:
            with st.popover("Strokes", icon=":material/gesture:", key="segment-strokes"):
                _strokes(service, drawing, picture)
            segment_run.show_order(service, drawing, job)


def _choose_picture(drawing: DrawingOut, picture: PictureOut | None) -> None:
    if picture is None or len(drawing.pictures) < 2:
        return
    by_id = {one.id: one for one in drawing.pictures}
    st.session_state["segment-picture"] = picture.id
    st.selectbox(
        "Picture",
        list(by_id),
        key="segment-picture",
        format_func=lambda one: _words(by_id[one]),
        on_change=lambda: segment_state.choose_picture(st.session_state["segment-picture"]),
        width=300,
    )


def _words(one: PictureOut) -> str:
    depth = "" if one.top_m is None else f" \u00b7 {one.top_m:g} m"
    return f"{one.name}{depth} \u00b7 {one.strokes} strokes"


def _pictures(service: Service, drawing: DrawingOut, picture: PictureOut | None) -> None:
    add = choose_pictures(service, "add")
    if st.button("Add", key="segment-add", type="primary", disabled=add is None) and add is not None:
        with st.spinner("Copying the pictures and laying them out"):
            answer = state.attempt(lambda: add(drawing.id))
        if isinstance(answer, FaciesError):
            show_problem(answer)
        else:
            segment_state.load_again()
            st.rerun()
    if picture is not None and len(drawing.pictures) > 1:
        st.divider()
        words = f"Remove {picture.name}" + (f" and its {picture.strokes} strokes" if picture.strokes else "")
        st.button(
            words, key="segment-remove", icon=":material/delete:", on_click=_remove, args=(service, drawing, picture)
        )


def _remove(service: Service, drawing: DrawingOut, picture: PictureOut) -> None:
    segment_state.keep_problem(state.attempt(lambda: service.client.drawings.remove_picture(drawing.id, picture.id)))
    segment_state.choose_picture(None)


def _rename(service: Service, drawing: DrawingOut) -> None:
    title = st.session_state[f"segment-title-{drawing.id}"]
    change = DrawingChange(title=title)
    segment_state.keep_problem(state.attempt(lambda: service.client.drawings.change(drawing.id, change)))


def _depths(service: Service, drawing: DrawingOut) -> None:
    """A table of tops and bases; what is changed is kept at once."""
    st.caption(
        "Top with base, or top with the millimetres of a pixel. Without depths one picture is named by its rows."
    )
    rows = [
        {"picture": one.name, "top_m": one.top_m, "base_m": one.base_m, "mm_per_px": one.mm_per_px}
        for one in drawing.pictures
    ]
    edited = st.data_editor(
        rows,
        key=f"segment-depths-{drawing.id}-{len(drawing.pictures)}",
        hide_index=True,
        disabled=["picture"],
        column_config={
            "picture": st.column_config.TextColumn("Picture", width="medium"),
            "top_m": st.column_config.NumberColumn("Top (m)", format="%.3f", step=0.001),
            "base_m": st.column_config.NumberColumn("Base (m)", format="%.3f", step=0.001),
            "mm_per_px": st.column_config.NumberColumn("mm per pixel", format="%.4f", min_value=0.0),
        },
    )
    if st.button("Keep these depths", key="segment-keep-depths", type="primary"):
        _keep_depths(service, drawing, edited)


def _keep_depths(service: Service, drawing: DrawingOut, rows: list[dict[str, Any]]) -> None:
    for one, row in zip(drawing.pictures, rows, strict=True):
        told = {name: row[name] for name in ("top_m", "base_m", "mm_per_px")}
        if told == {name: getattr(one, name) for name in told}:
            continue
        place = PicturePlace.model_validate(told)
        keep = partial(service.client.drawings.place_picture, drawing.id, one.id, place)
        answer = state.attempt(keep)
        if isinstance(answer, FaciesError):
            show_problem(answer)
            return
    st.rerun()


def _strokes(service: Service, drawing: DrawingOut, picture: PictureOut) -> None:
    st.caption("Strokes are kept on the service as they are drawn. Take a copy along, or bring one in.")
    st.link_button("Download strokes (JSON)", service.link(f"{picture.path}/strokes.json"), icon=":material/download:")
    st.link_button(
        "Download as label image (PNG)",
        service.link(f"{picture.path}/labels.png"),
        icon=":material/download:",
        disabled=not picture.strokes,
    )
    file = st.file_uploader(
        "Strokes from a file",
        type="json",
        key=f"segment-stroke-file-{picture.id}-{segment_state.times_loaded()}",
        help="They come beside those that there are; classes that are new come with them.",
    )
    if file is None or not st.button("Bring them in", key="segment-load", type="primary"):
        return
    try:
        body = StrokeFileBody.model_validate(json.loads(file.getvalue()))
    except ValueError:
        st.error("This is no file of strokes. Expected JSON: {strokes: [{class, width, points}, ...]}.")
        return
    answer = state.attempt(lambda: service.client.drawings.load_stroke_file(drawing.id, picture.id, body))
    if isinstance(answer, FaciesError):
        show_problem(answer)
        return
    segment_state.load_again()
    st.rerun()
