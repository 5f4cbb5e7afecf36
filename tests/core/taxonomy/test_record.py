from __future__ import annotations

from datetime import UTC, datetime

from facies.core.taxonomy import Taxonomy
from facies.core.taxonomy.record import TaxonomyRecord, record_of


def test_an_entry_says_what_the_taxonomy_is(dinocysts: Taxonomy) -> None:
    moment = datetime(2026, 1, 2, tzinfo=UTC)
    record = record_of(dinocysts, moment, ("a",))
    assert record == TaxonomyRecord(
        "dinocysts", "a few dinoflagellate cysts", 8, "drawn up for tests", "", moment, ("a",)
    )
    assert not record.is_builtin
    assert record_of(dinocysts).is_builtin
