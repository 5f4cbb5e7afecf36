"""Segmenting: strokes on a photograph, a preview while they are drawn, then the whole core by depth, or macerals."""

from __future__ import annotations

import streamlit as st

from facies.core.errors import DrawingNotFoundError
from facies.core.wire_drawings import DrawingOut, PictureOut
from facies.core.wire_jobs import JobOut
from facies.ui import segment_state, state
from facies.ui.components.scribble import Place, show_scribble
from facies.ui.problems import show_problem
from facies.ui.service import Service
from facies.ui.views import segment_head, segment_result, segment_run, segment_start


def show(service: Service) -> None:
    """Draw the page."""
    segment_state.read_address()
    drawing_id = segment_state.current().drawing
    if drawing_id is None:
        segment_start.show(service)
    else:
        _open(service, drawing_id)
    segment_state.write_address()


def _open(service: Service, drawing_id: str) -> None:
    try:
        drawing = service.client.drawings.get(drawing_id)
    except DrawingNotFoundError as error:
        show_problem(error)
        st.button("All drawings", icon=":material/arrow_back:", on_click=segment_state.open_drawing, args=(None,))
        return
    picture = _picture(drawing)
    job = segment_run.find_job(service, drawing)
    segment_head.show(service, drawing, picture, job)
    problem = segment_state.take_problem()
    if problem is not None:
        show_problem(problem)
    if picture is None:
        _no_picture()
        return
    named = segment_result.find_named(job, picture)
    show_scribble(
        drawing,
        picture,
        service.link,
        key=f"scribble-{drawing.id}-{picture.id}",
        named_by=job.id if job is not None and named is not None else None,
        places=_places(job, picture),
        go=segment_state.current_go(),
        loaded=segment_state.times_loaded(),
        on_action=lambda _: None,  # the run that follows reads what the service has
    )
    segment_run.show(service, drawing, job)
    if job is not None and job.state == "done":
        segment_result.show(service, drawing, picture, job)


def _picture(drawing: DrawingOut) -> PictureOut | None:
    """The picture that was chosen; the first where none was, or it is gone."""
    by_id = {one.id: one for one in drawing.pictures}
    chosen = segment_state.current().picture
    if chosen in by_id:
        return by_id[chosen]
    if not drawing.pictures:
        return None
    segment_state.choose_picture(drawing.pictures[0].id)
    return drawing.pictures[0]


def _places(job: JobOut | None, picture: PictureOut) -> list[Place]:
    if job is None:
        return []
    return state.remembered(
        ("places", job.id, job.version, picture.sha256), lambda: segment_result.find_places(job, picture)
    )


def _no_picture() -> None:
    with st.container(key="nothing", border=True):
        st.markdown("**There is no picture yet.** Add one with *Pictures* above.")
