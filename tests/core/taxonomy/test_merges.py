from __future__ import annotations

from facies.core.taxonomy import Suggestion, Taxonomy
from facies.core.taxonomy.merges import LabelMatch, propose_merges


def test_each_label_is_held_against_the_taxonomy(dinocysts: Taxonomy) -> None:
    counts = {
        "quartz": 9,
        "Areoligra": 2,
        "Areolygera": 3,
        "areoligera": 40,
        "Areoligera": 30,
        "Apectodinium": 50,
        "APE": 1,
        "debris": 9,
    }
    assert propose_merges(counts, dinocysts) == [
        LabelMatch("Apectodinium", 50, "name", "Apectodinium"),
        LabelMatch("Areoligera", 30, "name", "Areoligera"),
        LabelMatch("areoligera", 40, "spelling", "Areoligera"),
        LabelMatch("APE", 1, "code", "Apectodinium"),
        LabelMatch("Areolygera", 3, "synonym", "Areoligera"),
        LabelMatch("Areoligra", 2, "misspelling", None, (Suggestion("Areoligera", 1, "areoligera"),)),
        LabelMatch("debris", 9, "unknown", None),
        LabelMatch("quartz", 9, "unknown", None),
    ]


def test_only_what_is_certain_is_settled(dinocysts: Taxonomy) -> None:
    counts = dict.fromkeys(["Areoligera", "areoligera", "APE", "Areolygera", "Areoligra", "quartz"], 1)
    settled = {match.label: match.name for match in propose_merges(counts, dinocysts) if match.is_settled}
    assert settled == {"areoligera": "Areoligera", "APE": "Apectodinium", "Areolygera": "Areoligera"}
    assert propose_merges({}, dinocysts) == []
