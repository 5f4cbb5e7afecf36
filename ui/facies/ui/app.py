"""The web interface: Streamlit runs this script. The only place of the interface that reads settings."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

import streamlit as st
from pydantic import ValidationError

from facies.core.errors import ConfigurationError, FaciesError, ServiceUnavailableError
from facies.core.settings import load_settings
from facies.ui import problems, state
from facies.ui.components import inbox
from facies.ui.service import Service, open_service
from facies.ui.views import classify, collections, jobs, labels, maps, search, segment, taxonomies

HERE = Path(__file__).parent
# What each page shows, and its icon; the name is its address and, with a capital, its title. (No text of its own below
# it: Streamlit writes a bare text of its script onto the page.)
VIEWS: Final = {
    "search": (search.show, "image_search"),
    "label": (labels.show, "label"),
    "map": (maps.show, "bubble_chart"),
    "classify": (classify.show, "checklist"),
    "segment": (segment.show, "draw"),
    "collections": (collections.show, "photo_library"),
    "taxonomy": (taxonomies.show, "account_tree"),
    "jobs": (jobs.show, "manufacturing"),
}


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
        name: st.Page(
            partial(guarded, show, service),
            title=name.title(),
            icon=f":material/{icon}:",
            url_path=name,
            default=name == "search",
        )
        for name, (show, icon) in VIEWS.items()
    }
    st.session_state["pages"] = pages  # for links from one page to the other
    st.navigation(list(pages.values()), position="top").run()


def guarded(page: Callable[[Service], None], service: Service) -> None:
    """Show a page, or what went wrong with it."""
    try:
        inbox.current().work()
        if state.is_to_search() and page is not search.show:
            st.switch_page(st.session_state["pages"]["search"])
        page(service)
    except ServiceUnavailableError as error:
        problems.show_service_down(service, error)
    except FaciesError as error:
        problems.show_problem(error)
    except ValidationError as error:
        problems.show_problem(problems.refused(error))


if __name__ == "__main__":
    main()
