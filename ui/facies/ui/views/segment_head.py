"""Above the picture: which one, its depth, further pictures, strokes as files, and the order to name the whole."""

from __future__ import annotations

import json

import streamlit as st

from facies.core.errors import FaciesError
from facies.core.wire_drawings import DrawingChange, DrawingOut, PictureOut, PicturePlace, StrokeFileBody
from facies.core.wire_jobs import JobOut
from facies.ui import markup, segment_state, state
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
        if picture is not None:
            if drawing.task == "core":
                with st.popover("Depth", icon=":material/straighten:", key="segment-depths"):
                    _depths(service, drawing, picture)
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
        words = f"Remove {markup.plain(picture.name)}" + (
            f" and its {picture.strokes} strokes" if picture.strokes else ""
        )
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


def _depths(service: Service, drawing: DrawingOut, picture: PictureOut) -> None:
    """Top and base of the picture that is shown."""
    st.markdown(f"**{markup.plain(picture.name)}**")
    st.caption("A top with a base, or with the millimetres of a pixel. Without depths it is named by its rows.")
    with st.form(f"segment-place-{picture.id}", border=False):
        row = st.columns(3)
        top_m = row[0].number_input("Top (m)", value=picture.top_m, format="%.3f", step=0.1)
        base_m = row[1].number_input("Base (m)", value=picture.base_m, format="%.3f", step=0.1)
        mm_per_px = row[2].number_input("mm per pixel", value=picture.mm_per_px, format="%.4f", min_value=0.0)
        if st.form_submit_button("Keep", type="primary"):
            _place(service, drawing, picture, PicturePlace(top_m=top_m, base_m=base_m, mm_per_px=mm_per_px or None))
    lacking = [one.name for one in drawing.pictures if one.top_m is None and one.id != picture.id]
    if lacking and len(drawing.pictures) > 1:
        listed = markup.plain(", ".join(lacking[:8]))
        st.caption(f"Without a depth as yet: {listed}{' ...' if len(lacking) > 8 else ''}")


def _place(service: Service, drawing: DrawingOut, picture: PictureOut, place: PicturePlace) -> None:
    answer = state.attempt(lambda: service.client.drawings.place_picture(drawing.id, picture.id, place))
    if isinstance(answer, FaciesError):
        show_problem(answer)
    else:
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
