from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest


def test_the_frame_stands_and_the_search_page_opens(page: AppTest) -> None:
    page.run()
    assert not page.exception
    assert page.selectbox(key="collection-choice").value == "fossils"


def test_a_misspelt_setting_is_told_on_the_page(monkeypatch: pytest.MonkeyPatch, page: AppTest) -> None:
    monkeypatch.setenv("FACIES_UI__PROT", "1")
    page.run()
    assert not page.exception
    assert "FACIES_UI__PROT" in page.text[0].value


def test_bytes_of_images_never_pass_through_the_page(api: Any, page: AppTest) -> None:
    page.run()
    assert not [r for r in api.asked if r.url.path.endswith(("/thumbnail", "/original"))]
