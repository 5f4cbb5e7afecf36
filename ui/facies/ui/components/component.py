"""What all components share: their files are read once for a process, and what is done in them is heard."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias, cast

import streamlit as st

Action: TypeAlias = dict[str, Any]
"""What a person did in the browser; its ``type`` says what."""

_FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Component:
    """A part of a page in plain JavaScript, without a build step.

    Attributes:
        name: of its folder, and of its style in there.
        scripts: names of its scripts in the order in which they are joined, behind ``dom.js``; the last holds the
            ``export default``.
    """

    name: str
    scripts: tuple[str, ...]

    def read_script(self) -> str:
        """Give all scripts as one text."""
        return _read(["dom.js", *(f"{self.name}/{script}.js" for script in self.scripts)])

    def read_style(self) -> str:
        """Give the shared style and its own as one text."""
        return _read(["shared.css", f"{self.name}/{self.name}.css"])

    def show(self, data: Mapping[str, Any], *, key: str, on_action: Callable[[Action], None]) -> None:
        """Show it with data; ``on_action`` is called before the next run with what a person did."""

        def heard() -> None:
            told = st.session_state.get(key, {})  # nothing, where another page was opened at the same moment
            action = cast(Action | None, told.get("action"))
            if action:
                on_action(action)

        _renderer(self)(key=key, data=data, on_action_change=heard)


def with_version(data: Mapping[str, Any]) -> dict[str, Any]:
    """Give the data with a ``version`` that differs wherever they do, by which the browser knows what is new."""
    return {**data, "version": hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()}


@cache
def _renderer(component: Component) -> Callable[..., Any]:
    return st.components.v2.component(
        f"facies_{component.name}", css=component.read_style(), js=component.read_script()
    )


def _read(names: Sequence[str]) -> str:
    return "\n".join((_FOLDER / name).read_text(encoding="utf-8") for name in names)
