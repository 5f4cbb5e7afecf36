"""When a page follows its address.

The browser sends its address along with each event, also with one that it sent before it had heard of the newest
address: what it says then is what the page has just left. Within a session only Back and Forward say something new;
links and reloads begin another session.
"""

from __future__ import annotations

from typing import TypeVar

from streamlit.runtime.scriptrunner import get_script_run_ctx

T = TypeVar("T")


def says_new(said: T, told: T | None) -> bool:
    """Whether the address is to be followed.

    Args:
        said: what it says.
        told: what this session has heard or written there last; None: nothing yet.
    """
    return said != told and (told is None or went_back())


def went_back() -> bool:
    """Whether this run comes of the browser's Back or Forward."""
    context = get_script_run_ctx()
    return context is not None and context.is_history_navigation
