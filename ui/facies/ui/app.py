"""The web interface: Streamlit runs this script. The only place of the interface that reads settings."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import streamlit as st

from facies.core.errors import ConfigurationError, FaciesError, ServiceUnavailableError
from facies.core.settings import load_settings
from facies.ui import problems
from facies.ui.service import Service, open_service
from facies.ui.views import classify, collections, jobs, labels, maps, search, taxonomies

HERE = Path(__file__).parent


def main() -> None:
    """Draw the frame and the page that the address names."""
    st.set_page_config(page_title="facies", page_icon=str(HERE / "images" / "mark.svg"), layout="wide")
    st.logo(str(HERE / "images" / "wordmark.svg"), size="large")
    st.html(HERE / "style.css")
    try:
        ui = load_settings().ui
    except ConfigurationError as error:
        problems.show_problem(error)
        return
    service = open_service(ui.api_url, ui.public_api_url)
    pages = {
        "search": st.Page(
            partial(guarded, search.show, service),
            title="Search",
            icon=":material/image_search:",
            url_path="search",
            default=True,
        ),
        "label": st.Page(
            partial(guarded, labels.show, service),
            title="Label",
            icon=":material/label:",
            url_path="label",
        ),
        "map": st.Page(
            partial(guarded, maps.show, service),
            title="Map",
            icon=":material/bubble_chart:",
            url_path="map",
        ),
        "classify": st.Page(
            partial(guarded, classify.show, service),
            title="Classify",
            icon=":material/checklist:",
            url_path="classify",
        ),
        "collections": st.Page(
            partial(guarded, collections.show, service),
            title="Collections",
            icon=":material/photo_library:",
            url_path="collections",
        ),
        "taxonomy": st.Page(
            partial(guarded, taxonomies.show, service),
            title="Taxonomy",
            icon=":material/account_tree:",
            url_path="taxonomy",
        ),
        "jobs": st.Page(
            partial(guarded, jobs.show, service),
            title="Jobs",
            icon=":material/manufacturing:",
            url_path="jobs",
        ),
    }
    st.session_state["pages"] = pages  # for links from one page to the other
    st.navigation(list(pages.values()), position="top").run()


def guarded(page: Callable[[Service], None], service: Service) -> None:
    """Show a page, or what went wrong with it."""
    try:
        page(service)
    except ServiceUnavailableError as error:
        problems.show_service_down(service, error)
    except FaciesError as error:
        problems.show_problem(error)


if __name__ == "__main__":
    main()
