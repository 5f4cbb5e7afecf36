from __future__ import annotations

import io
from datetime import UTC, datetime

from rich.console import Console

from facies.api.taxonomy_tables import print_check, print_resolved, print_taxonomies, print_taxonomy
from facies.core.wire_taxonomy import (
    CheckedLabelsOut,
    LabelMatchOut,
    ResolvedOut,
    SuggestionOut,
    TaxonomyOut,
    TaxonomySummaryOut,
    TaxonOut,
)


def console() -> Console:
    return Console(file=io.StringIO(), width=200, color_system=None)


def text(shown: Console) -> str:
    assert isinstance(shown.file, io.StringIO)
    return shown.file.getvalue()


def taxon(name: str, parent: str | None = None, **more: object) -> TaxonOut:
    return TaxonOut.model_validate({"name": name, "rank": None, "parent": parent, "code": None, "synonyms": [], **more})


def test_taxonomies_are_listed() -> None:
    shown = console()
    moment = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
    common = {"title": "[red]x", "taxa": 1234, "source": "", "licence": ""}
    listed = [
        TaxonomySummaryOut.model_validate({"name": "mine", "imported_at": moment, "collections": ["g", "h"], **common}),
        TaxonomySummaryOut.model_validate({"name": "built", "imported_at": None, "collections": [], **common}),
    ]
    print_taxonomies(listed, shown)
    for expected in ("mine", "1,234", "[red]x", "2026-01-02 03:04", "g, h", "comes with facies"):
        assert expected in text(shown)


def test_what_lies_deeper_than_the_width_has_room_for_says_its_level() -> None:
    taxa = [taxon(f"name{n}", f"name{n - 1}" if n else None) for n in range(60)]
    for width, levels in ((80, 14), (44, 5)):
        shown = Console(file=io.StringIO(), width=width, color_system=None)
        print_taxonomy(TaxonomyOut(name="t", title="", source="", licence="", taxa=taxa[::-1]), shown)
        lines = [line.lstrip("│├└─ ") for line in text(shown).splitlines()]
        assert lines[1 : levels + 1] == [f"name{n}" for n in range(levels)]
        said = " ".join(lines[levels + 1 :])
        assert said.split() == " ".join(f"level {n + 1}, of name{n - 1}: name{n}" for n in range(levels, 60)).split()


def test_a_taxonomy_is_a_tree_whatever_the_order_of_its_rows() -> None:
    shown = console()
    taxa = [
        taxon("c", "b", code="[C]", age_ma=(1, None), depth_m=(None, 5.5)),
        taxon("b", "a", rank="genus", synonyms=["bb", "[b]"]),
        taxon("a"),
    ]
    print_taxonomy(TaxonomyOut(name="t", title="three", source="book [1]", licence="", taxa=taxa), shown)
    lines = text(shown).splitlines()
    assert lines[0] == "t  three"
    assert [line.lstrip("│├└─ ") for line in lines[1:4]] == [
        "a",
        "b  genus  = bb, [b]",
        "c  [C]  1 and more Ma  up to 5.5 m",
    ]
    assert lines[4:] == ["source: book [1]"]


def test_a_check_says_what_to_do() -> None:
    shown = console()
    near = [SuggestionOut(name="areoligera", distance=1, spelling="areoligera")]
    found = CheckedLabelsOut(
        collection="g",
        taxonomy="t",
        labels=[
            LabelMatchOut(label="azolla", images=1000, kind="name", name="azolla", suggestions=[]),
            LabelMatchOut(label="[A]", images=2, kind="synonym", name="azolla", suggestions=[]),
            LabelMatchOut(label="areoligra", images=1, kind="misspelling", name=None, suggestions=near),
            LabelMatchOut(label="debris", images=1, kind="unknown", name=None, suggestions=[]),
        ],
    )
    print_check(found, shown)
    for expected in (
        "1,000",
        "[A]",
        "misspelling?",
        "1 certain: `facies taxonomy merge -c g --all-synonyms`",
        "1 to confirm: `facies taxonomy merge -c g --from 'areoligra' --to 'areoligera'`",
    ):
        assert expected in text(shown)
    calm = console()
    print_check(found.model_copy(update={"labels": found.labels[:1]}), calm)
    assert "merge" not in text(calm)


def test_what_a_text_stands_for() -> None:
    shown = console()
    near = [SuggestionOut(name="azolla", distance=1, spelling="azola")]
    print_resolved(ResolvedOut(text="[A]", name="a", by="code", lineage=["a", "b"], suggestions=[]), shown)
    print_resolved(ResolvedOut(text="q", name=None, by=None, lineage=[], suggestions=[]), shown)
    print_resolved(ResolvedOut(text="azla", name=None, by=None, lineage=[], suggestions=near), shown)
    assert "[A]: a < b (code)" in text(shown)
    assert "q: no taxon, and none is spelt like it" in text(shown)
    assert "azola" in text(shown)
