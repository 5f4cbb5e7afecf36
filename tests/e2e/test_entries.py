"""How Streamlit calls components: again at each run, and at times it ends a run that another one has overtaken."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser

from facies.ui.components.component import Component
from facies.ui.components.composer import COMPOSER
from facies.ui.components.scatter import SCATTER
from facies.ui.components.scribble import SCRIBBLE

CALLS = """async ([script, data]) => {
    const { default: run } = await import(URL.createObjectURL(new Blob([script], { type: "text/javascript" })));
    const parentElement = document.body.appendChild(document.createElement("div"));
    const call = () => run({ data, parentElement, setTriggerValue() {}, setStateValue() {} });
    const root = () => parentElement.lastElementChild;
    const overtaken = call();
    const shown = root();
    call();
    overtaken();
    const last = call();
    const stays = root() === shown;
    last();
    call();
    return [stays, root() !== shown];
}"""

LEGEND = {"by": "label", "title": "label", "kind": "category", "entries": []}
PICTURE = {"path": "/p", "name": "p", "width": 9, "height": 9, "tiles": {"path": "/t", "size": 512, "levels": 1}}


@pytest.mark.parametrize(
    ("component", "data"),
    [
        (COMPOSER, {"query": {"version": 1, "examples": [], "focus": None}, "files": None}),
        (SCATTER, {"version": 1, "label": "map", "legend": LEGEND, "positions": "/a", "column": "/b", "count": 0}),
        (
            SCRIBBLE,
            {"version": 1, "drawing": "/d", "picture": PICTURE, "classes": [], "places": [], "go": {}, "loaded": 0},
        ),
    ],
    ids=["composer", "scatter", "scribble"],
)
def test_only_the_end_of_the_last_run_ends_a_component(
    browser: Browser, component: Component, data: dict[str, Any]
) -> None:
    page = browser.new_page()
    page.route("**/*", lambda route: route.fulfill(body="<body></body>", content_type="text/html"))
    page.goto("http://127.0.0.1/")
    assert page.evaluate(CALLS, [component.read_script(), data]) == [True, True]
    page.close()
