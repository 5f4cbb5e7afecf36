from __future__ import annotations

import getpass

import pytest

from facies.core.actors import NOBODY, Actor, check_name, local_actor
from facies.core.errors import QueryError


def test_the_name_of_the_settings_comes_before_that_of_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(getpass, "getuser", lambda: "account")
    assert local_actor(" Ann Øther ") == Actor("Ann Øther", verified=False)
    assert local_actor(None) == local_actor("") == Actor("account", verified=False)


def test_an_account_without_a_name_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    def nameless() -> str:
        raise KeyError("uid not found")

    monkeypatch.setattr(getpass, "getuser", nameless)
    assert local_actor(None).name == NOBODY


@pytest.mark.parametrize("name", ["", "  ", "x" * 101, "a\nb", "a\x00"])
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(QueryError, match="FACIES_USER, or the header"):
        check_name(name)
