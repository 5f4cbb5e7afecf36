from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facies.core.errors import TaxonomyError
from facies.core.taxonomy import RANKS, Span, Taxon, Taxonomy
from facies.core.taxonomy.table import COLUMNS, read_taxonomy_table, write_taxonomy_table
from facies.core.taxonomy.taxon import fold

names_hold = st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"], exclude_characters="|")
texts = st.text(names_hold, min_size=1, max_size=10).map(lambda text: " ".join(text.split()))
labels = texts.filter(bool)
numbers = st.one_of(st.none(), st.floats(0, 5000, allow_nan=False))


@st.composite
def spans(draw: st.DrawFn) -> Span | None:
    low, high = draw(numbers), draw(numbers)
    if low is None and high is None:
        return None
    return Span(*sorted((low, high))) if low is not None and high is not None else Span(low, high)


@st.composite
def taxonomies(draw: st.DrawFn) -> Taxonomy:
    keys = draw(st.lists(labels, min_size=1, max_size=12, unique_by=fold).filter(lambda names: all(map(fold, names))))
    count = draw(st.integers(1, len(keys)))
    names, spare = keys[:count], keys[count:]
    taxa = []
    for place, name in enumerate(names):
        parent = draw(st.one_of(st.none(), st.sampled_from(names[:place]))) if place else None
        has_code, has_synonym = draw(st.tuples(st.booleans(), st.booleans()))
        code = spare.pop() if spare and has_code else None
        synonyms = (spare.pop(),) if spare and has_synonym else ()
        rank = draw(st.sampled_from([None, "group"]))
        taxa.append(Taxon(name, rank, parent, code, synonyms, draw(spans()), draw(spans())))
    about = [draw(texts), draw(texts)]
    return Taxonomy("drawn", draw(labels), tuple(taxa), *about)


@given(taxonomies(), st.booleans())
def test_a_taxonomy_that_is_written_is_read_again(taxonomy: Taxonomy, marked: bool) -> None:
    data = write_taxonomy_table(taxonomy).encode("utf-8-sig" if marked else "utf-8")
    assert read_taxonomy_table(data, "drawn", "drawn.csv") == taxonomy


@pytest.mark.parametrize(("number", "text"), [(55, "55"), (55.0, "55"), (0.5, "0.5"), (1e15, "1000000000000000.0")])
def test_whole_numbers_have_no_point_whoever_made_them(number: float, text: str) -> None:
    taxonomy = Taxonomy("t", "t", (Taxon("a", age_ma=Span(number, None)),))
    assert write_taxonomy_table(taxonomy).splitlines()[-1].split(",")[5] == text


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_is_found_in_the_header(delimiter: str) -> None:
    lines = ["name,rank,parent,synonyms,age_min_ma,age_max_ma", "a,family,,,,", "", "b c,GENUS,a,x | y,10,20.5"]
    data = "\r\n".join(line.replace(",", delimiter) for line in lines).encode()
    assert read_taxonomy_table(data, "t", "t.csv").taxa == (
        Taxon("a", "family"),
        Taxon("b c", "genus", "a", synonyms=("x", "y"), age_ma=Span(10, 20.5)),
    )


def test_lines_above_the_header_say_what_it_is() -> None:
    data = b"# title: some fossils\n\n# licence: CC0\n# whatever\nname\n#a\n"
    taxonomy = read_taxonomy_table(data, "t", "t.csv")
    assert (taxonomy.title, taxonomy.source, taxonomy.licence) == ("some fossils", "", "CC0")
    assert [taxon.name for taxon in taxonomy] == ["#a"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "t.csv is empty, expected a table with a column 'name'"),
        (b" \n ", "t.csv is empty"),
        (b"# title: x\n", "t.csv has no column 'name'"),
        (b"label,rank\na,genus\n", "t.csv has no column 'name'; its header is 'label,rank'"),
        (b"x" * 5000 + b"\n", f"t.csv has no column 'name'; its header is '{'x' * 200}'"),
        (b"name\n", "has no taxa"),
        (b"name,colour\na,red\n", "columns that mean nothing here: 'colour'; expected some of name, rank"),
        (b"name,name\na,b\n", "several columns named 'name'"),
        (b"name\na\n\nb\nA\n", "names 'A' twice, in lines 2 and 5"),
        (b"name,rank\na,genus\n,genus\n", "t.csv, line 3 has no name"),
        (b"name\na,b\n", "line 2 has 2 cells for 1 columns"),
        (b"# title: x\nname,age_min_ma\na,old\n", "t.csv, line 3, age_min_ma and age_max_ma: 'old' is no number"),
        (b"name,depth_min_m,depth_max_m\na,5,nan\n", "'nan' is no number"),
        (b"name,age_min_ma,age_max_ma\na,20,10\n", "t.csv, line 2, age_min_ma and age_max_ma: a range goes from 20"),
        ("name\ncafé\n".encode("latin-1"), "t.csv is not UTF-8 (byte 8); save it as `CSV UTF-8`"),
        (b"name,parent\na,b\n", "parent of 'a' is 'b'"),
        (b"name,parent\na,b\nb,a\n", "a -> b -> a"),
        (b"name\n" + b"a" * 200_000, "t.csv, line 2 is no line of a table"),
    ],
)
def test_what_is_no_taxonomy_is_refused(text: bytes, message: str) -> None:
    with pytest.raises(TaxonomyError) as refused:
        read_taxonomy_table(text, "t", "t.csv")
    assert message in refused.value.message


def test_a_synonym_with_the_separator_cannot_be_written() -> None:
    with pytest.raises(TaxonomyError, match="separates synonyms"):
        write_taxonomy_table(Taxonomy("t", "t", (Taxon("a", synonyms=("b|c",)),)))


def test_every_rank_is_written_and_read() -> None:
    taxa = tuple(Taxon(rank, rank, None if not place else RANKS[place - 1]) for place, rank in enumerate(RANKS))
    taxonomy = Taxonomy("ranks", "all ranks", taxa)
    text = write_taxonomy_table(taxonomy)
    assert text.splitlines()[1] == ",".join(COLUMNS)
    assert read_taxonomy_table(text.encode(), "ranks", "ranks.csv") == taxonomy


def test_whole_numbers_are_written_as_a_person_writes_them() -> None:
    rows = ["a,,,,,55,66.5,0,1200", "b,,,,,1e+15,1e+22,-3,"]
    data = "\n".join([f"# title: t\n{','.join(COLUMNS)}", *rows, ""])
    assert write_taxonomy_table(read_taxonomy_table(data.encode(), "t", "t.csv")) == data.replace(
        "1e+15", "1000000000000000.0"
    )
