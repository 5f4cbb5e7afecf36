"""Rows with everything awkward that a row can hold, and a collection with labels of every state."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import strategies as st

from facies.core.images import content_hash, image_id
from facies.core.records import Label, LabelBatch
from facies.core.settings import Settings
from facies.core.workspace import Workspace, open_workspace
from facies.indexer.exchange.labels.label_row import STATES, LabelRow
from facies.indexer.labelling.giving import give_labels

from .pages import make, numbers

texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30) | st.sampled_from(
    ["a,b", 'say "x"', "line\nline", "tab\there", "\r\n", "=1+1", "Zoë ᚠ", " edges ", "'", "'''", "null", "a/b", "\\"]
)
lines = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1, max_size=30) | st.sampled_from(
    ["a,b", 'say "x"', "=1+1", "Zoë ᚠ", " edges ", "'", "'''", "null", "a/b", "\\"]
)
shares = st.floats(0, 1)
finite = st.floats(allow_nan=False, allow_infinity=False)
counts = st.integers(0, 2**40)
metadata_values = {"well": texts, "n": st.integers(-(10**12), 10**12), "depth_m": st.floats(-1e5, 1e5)}


@st.composite
def label_rows(draw: Any, number: int) -> LabelRow:
    """An image with a label of any state, or none, and whatever there may be to say of it."""
    sha256 = content_hash(str(number).encode())
    page = draw(st.none() | st.integers(0, 9))
    row: dict[str, Any] = {
        "image_id": image_id(sha256, page),
        "sha256": sha256,
        "page": page,
        "uri": f"/somewhere/{draw(texts).replace('/', '-')}.png",
        "width": draw(st.integers(1, 10**6)),
        "height": draw(st.integers(1, 10**6)),
        "metadata": draw(st.fixed_dictionaries({}, optional=metadata_values)),
    }
    if not draw(st.booleans()):
        return LabelRow(**row)
    said: dict[str, Any] = {
        "label": draw(texts),
        "state": draw(st.sampled_from(list(STATES))),
        "confidence": draw(st.none() | shares),
        "novelty": draw(st.none() | finite),
        "neighbours": tuple(image_id(content_hash(bytes([n]))) for n in draw(st.lists(st.integers(0, 9), max_size=3))),
        "note": draw(st.none() | texts),
        "source": draw(st.sampled_from(["person", "votes", "import"])),
        "actor": draw(texts),
        "verified": draw(st.booleans()),
        "created_at": draw(st.datetimes(datetime(1000, 1, 1), datetime(3000, 1, 1), timezones=st.just(UTC))),
        "batch": draw(counts),
        "model": draw(st.none() | texts),
        "recipe": draw(st.none() | texts),
        "k": draw(st.none() | counts),
        "threshold": draw(st.none() | finite),
    }
    return LabelRow(**row, **said)


@st.composite
def many_rows(draw: Any) -> list[LabelRow]:
    """Up to five different images."""
    return [draw(label_rows(number)) for number in range(draw(st.integers(0, 5)))]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    with open_workspace(Settings(data_dir=tmp_path_factory.mktemp("data"))) as workspace:
        yield workspace


@pytest.fixture
def labelled(shared: Workspace) -> tuple[str, list[str]]:
    """Validated, dubious, rejected and predicted labels, and two images without any."""
    name = f"c{next(numbers)}"
    ids = make(shared, name)
    said = {ids[0]: Label("a", "validated"), ids[1]: Label("a", "dubious"), ids[2]: Label("a", "rejected")}
    give_labels(shared, name, said, LabelBatch("person", "Ann"))
    give_labels(shared, name, {ids[3]: Label("a", "predicted", 0.9)}, LabelBatch("votes", "auto"))
    return name, ids
