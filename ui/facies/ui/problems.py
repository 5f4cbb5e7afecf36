"""Errors as a person meets them: what happened, what to do; never a traceback."""

from __future__ import annotations

from typing import Final

import streamlit as st
from pydantic import ValidationError

from facies.core import errors
from facies.core.errors import FaciesError, QueryError, ServiceUnavailableError
from facies.ui.service import Service, forget_counts

RETRY_EVERY_S = 3.0

TITLES: Final[dict[type[FaciesError], str]] = {
    errors.ConfigurationError: "A setting is wrong",
    errors.UnreadableImageError: "This image cannot be read",
    errors.ImageTooLargeError: "This image is too large",
    errors.OriginalMissingError: "The original is missing",
    errors.ImageNotFoundError: "No such image",
    errors.CollectionNotFoundError: "No such collection",
    errors.CollectionExistsError: "There is a collection of this name",
    errors.WeightsNotFoundError: "The model has no weights here",
    errors.UnknownModelError: "No such model",
    errors.FingerprintMismatchError: "The collection was made with another model",
    errors.DimensionMismatchError: "The collection was made with another model",
    errors.StoreUnavailableError: "The vector store does not answer",
    errors.StorageError: "Nothing can be written",
    errors.JobConflictError: "Another run is under way",
    errors.QueryError: "This query makes no sense to the service",
    errors.AccessError: "Not allowed",
    errors.SourceError: "This is not a folder or archive that can be indexed",
}
"""The head of the message; the error's own text says what was expected, what came and what to do."""


def title_of(error: FaciesError) -> str:
    """A few words for a class of errors; those of its nearest ancestor where it has none."""
    return next((TITLES[kind] for kind in type(error).__mro__ if kind in TITLES), "This did not work")


def refused(error: ValidationError) -> QueryError:
    """What breaks the rules of the wire before it was sent, in words."""
    told = [(".".join(str(part) for part in one["loc"]), one["msg"]) for one in error.errors(include_url=False)]
    more = f"; and {len(told) - 3} more" if len(told) > 3 else ""
    return QueryError("; ".join(f"{place}: {words}" if place else words for place, words in told[:3]) + more)


def show_problem(error: FaciesError) -> None:
    """Show an error where it happened."""
    with st.container(key=f"problem-{type(error).__name__}", border=True):
        st.markdown(f":material/error: **{title_of(error)}**")
        st.text(_sentence(error.message))


def show_service_down(service: Service, error: ServiceUnavailableError) -> None:
    """Say that no service answers and what to do, and look for it every few seconds."""
    with st.container(key="service-down", horizontal_alignment="center"):
        st.markdown(":material/cloud_off:")
        st.header("The service does not answer", anchor=False)
        st.text(f"facies looks for its service at {service.client.base_url}, and nothing there answers as one.")
        with st.container(key="service-remedy", border=True):
            st.markdown("Start service and interface together:")
            st.code("facies up", language="bash")
            st.markdown("or, where the service runs elsewhere, name its address:")
            st.code("FACIES_UI__API_URL=http://host:8000 facies ui", language="bash")
        with st.expander("What was tried", icon=":material/troubleshoot:"):
            st.text(error.message)
        _wait_for(service)


@st.fragment(run_every=RETRY_EVERY_S)
def _wait_for(service: Service) -> None:
    try:
        service.client.health()
    except FaciesError:
        st.caption("Looking again every few seconds; this page comes back by itself.")
    else:
        forget_counts()
        st.rerun(scope="app")


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
