from __future__ import annotations

import os

import pytest

from facies.core.settings import load_settings
from facies.ui import mounted


def test_the_script_reads_where_its_service_is_and_nothing_stays_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FACIES_UI__PUBLIC_API_URL", raising=False)
    monkeypatch.setenv("FACIES_UI__API_URL", "http://elsewhere:1")
    before = dict(os.environ)
    with mounted.environment(mounted.settings_for("http://127.0.0.1:4321", os.environ)):
        settings = load_settings().ui
        assert (settings.api_url, settings.public_api_url) == ("http://127.0.0.1:4321", "/")
    assert dict(os.environ) == before


def test_an_address_for_the_browser_that_a_person_set_stands() -> None:
    given = {"FACIES_UI__PUBLIC_API_URL": "https://facies.lan"}
    assert mounted.settings_for("http://127.0.0.1:1", given)["FACIES_UI__PUBLIC_API_URL"] == "https://facies.lan"


def test_its_script_is_the_one_of_the_interface() -> None:
    assert mounted.SCRIPT.is_file()
