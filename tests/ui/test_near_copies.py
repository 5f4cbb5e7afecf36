from __future__ import annotations

from facies.ui.near_copies import Group, still_open

GROUPS = [Group("a", ("a", "b", "c"), 0.99, differs=True), Group("d", ("d", "e"), 1.0, differs=False)]


def test_what_is_gone_or_put_aside_is_not_asked_about_again() -> None:
    assert still_open(GROUPS, gone=(), kept=(), differing_only=False) == GROUPS
    assert still_open(GROUPS, gone={"b"}, kept=(), differing_only=False)[0].ids == ("a", "c")
    assert still_open(GROUPS, gone={"e"}, kept={"a"}, differing_only=False) == []
    assert still_open(GROUPS, gone=(), kept=(), differing_only=True) == GROUPS[:1]


def test_a_group_keeps_its_name_when_its_first_image_goes() -> None:
    (left,) = still_open(GROUPS[:1], gone={"a"}, kept=(), differing_only=False)
    assert (left.key, left.ids) == ("a", ("b", "c"))
