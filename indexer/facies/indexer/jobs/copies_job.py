"""Jobs of kind ``near-copies``: images of a collection that are all but the same, in groups. It changes nothing."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any, Final

from facies.indexer.jobs.parameters import NearCopiesParameters
from facies.indexer.labelling.near_copies import CopyGroup, find_copy_groups

if TYPE_CHECKING:
    from facies.indexer.jobs.work import Work

JSON_NAME: Final = "near-copies.json"
CSV_NAME: Final = "near-copies.csv"


def run(work: Work) -> dict[str, Any]:
    """Write the groups as two files; gives how many there are.

    Raises:
        JobBrokenOffError: the attempt was to end.
        FaciesError: see `facies.indexer.labelling.near_copies.find_copy_groups`.
    """
    given = work.parameters(NearCopiesParameters)
    found = find_copy_groups(work.workspace, given.collection, given.vector, alike=given.alike, progress=work.progress)
    work.progress("writing the groups")
    groups = [
        {"similarity": group.similarity, "differs": group.differs, "ids": list(group.ids)} for group in found.groups
    ]
    told = {"collection": found.collection, "vector": found.vector, "alike": given.alike, "groups": groups}
    work.folder.results.mkdir(parents=True, exist_ok=True)
    (work.folder.results / JSON_NAME).write_text(json.dumps(told), encoding="utf-8")
    (work.folder.results / CSV_NAME).write_text(_table(found.groups), encoding="utf-8")
    return {
        "collection": found.collection,
        "vector": found.vector,
        "alike": given.alike,
        "compared": found.compared,
        "groups": len(found.groups),
        "images": sum(len(group.ids) for group in found.groups),
        "differing": sum(group.differs for group in found.groups),
        "notes": list(found.notes),
    }


def _table(groups: tuple[CopyGroup, ...]) -> str:
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerow(["group", "similarity", "id", "label", "state", "path"])
    for number, group in enumerate(groups, start=1):
        rows.writerows(
            [number, f"{group.similarity:.6f}", one.id, one.label or "", one.state or "", one.path]
            for one in group.members
        )
    return out.getvalue()
