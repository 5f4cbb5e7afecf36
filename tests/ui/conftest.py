"""The pages of the interface, and the service in a function that they talk to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from importlib.util import find_spec
from typing import TypeAlias

import httpx
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from facies.core.client import Client
from facies.ui import address
from facies.ui import service as service_module
from tests.ui.fake_api import FakeApi

GoBack: TypeAlias = Callable[[AppTest], AppTest]


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeApi]:
    fake = FakeApi()
    monkeypatch.setattr(service_module, "Client", partial(Client, transport=httpx.MockTransport(fake)))
    st.cache_data.clear()
    st.cache_resource.clear()
    yield fake
    st.cache_data.clear()
    st.cache_resource.clear()


@pytest.fixture
def go_back(monkeypatch: pytest.MonkeyPatch) -> GoBack:
    """Run a page as the browser's Back and Forward do, with the address that it was given."""

    def run(page: AppTest) -> AppTest:
        with monkeypatch.context() as during:
            during.setattr(address, "went_back", lambda: True)
            return page.run()

    return run


def _collections_script() -> None:
    import streamlit as st

    from facies.ui import app
    from facies.ui.service import open_service
    from facies.ui.views import collections

    st.session_state["pages"] = {}
    app.guarded(collections.show, open_service("http://127.0.0.1:9", None))


@pytest.fixture
def collections_page(api: FakeApi) -> AppTest:
    return AppTest.from_function(_collections_script, default_timeout=30)


def _label_script() -> None:
    import streamlit as st

    from facies.ui import app
    from facies.ui.service import open_service
    from facies.ui.views import labels

    st.session_state["pages"] = {}
    app.guarded(labels.show, open_service("http://127.0.0.1:9", None))


@pytest.fixture
def label_page(api: FakeApi) -> AppTest:
    """The label page; half of the images are validated, the others wait for a name."""
    api.images = [
        api.image_out(place, ["azolla", "areoligera"][place % 2] if place < 4 else None) for place in range(8)
    ]
    api.collections[:] = [api.collection_out(images=8, labelled=4)]
    return AppTest.from_function(_label_script, default_timeout=30)


@pytest.fixture
def page(api: FakeApi) -> AppTest:
    script = find_spec("facies.ui.app")
    assert script is not None
    assert script.origin is not None
    return AppTest.from_file(script.origin, default_timeout=30)
