from __future__ import annotations

from collections.abc import Callable

from facies.core.catalog import Catalog
from facies.core.records import ImageRecord

MakeRecord = Callable[..., ImageRecord]
NAME = "microfossils"


def test_known_ids_are_those_of_the_collection_however_many_are_asked(
    catalog: Catalog, make_record: MakeRecord
) -> None:
    records = [make_record(number) for number in range(1100)]
    catalog.add_images(NAME, records[:600], actor="test")
    assert catalog.known(NAME, [record.id for record in records]) == {record.id for record in records[:600]}
    assert catalog.known(NAME, []) == set()
    assert catalog.known("elsewhere", [records[0].id]) == set()
    catalog.delete_images(NAME, [records[0].id])
    assert catalog.known(NAME, [records[0].id, records[1].id]) == {records[1].id}
