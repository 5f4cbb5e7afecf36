"""Labels from a file into a collection: shown first, then given as one batch that can be undone."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from facies.core.records import LabelBatch
from facies.core.wire_label_files import LabelImportOut, LabelIssueOut
from facies.indexer.exchange.labels.formats import Format, find_format, recognise_format
from facies.indexer.exchange.labels.origins import pack_origins
from facies.indexer.exchange.labels.planning import Issue, Plan, plan_import
from facies.indexer.labelling.giving import give_labels

if TYPE_CHECKING:
    from facies.core.workspace import Workspace

SHOWN = 1000
"""Conflicts and problems are listed up to here; their number is told in any case."""


def import_labels(
    workspace: Workspace,
    name: str,
    path: Path,
    *,
    actor: str,
    verified: bool = False,
    format_name: str | None = None,
    replace: bool = False,
    apply: bool = False,
    called: str | None = None,
) -> LabelImportOut:
    """Read labels from a file, and give them where that is asked for: all of them in one transaction, or none.

    Args:
        workspace: the open data.
        name: of the collection.
        path: the file, or the folder.
        actor: who imports.
        verified: whether he has proved to be that.
        format_name: see `facies.indexer.exchange.labels.formats`; None: what the file looks like.
        replace: whether the file's word counts for more than what was said here, see `plan_import`.
        apply: whether the labels are given; else nothing is written.
        called: name of the file for people, where it lies under another one.

    Raises:
        CollectionNotFoundError: there is none of this name.
        QueryError: there is no such format.
        SourceError: the file is not of its format, damaged, or larger than it may be.
        StaleLabelError: somebody has labelled one of the images meanwhile; nothing was changed.
    """
    started = time.monotonic()
    found = recognise_format(path) if format_name is None else find_format(format_name)
    plan = plan_import(workspace, name, found.read(path), replace=replace)
    batch = None
    if apply and plan.labels:
        given = LabelBatch("import", actor, verified, _provenance(plan, path, found, called or path.name))
        batch = give_labels(workspace, name, plan.labels, given, seen=plan.seen).number
    return LabelImportOut(
        collection=name,
        file=called or path.name,
        format=found.name,
        applied=apply,
        batch=batch,
        rows=plan.rows,
        labels=len(plan.labels),
        predictions=plan.predictions,
        replaced=plan.replaced,
        unchanged=plan.unchanged,
        unlabelled=plan.unlabelled,
        matched=plan.matched,
        conflicts=_listed(plan.conflicts),
        conflict_count=len(plan.conflicts),
        problems=_listed(plan.problems),
        problem_count=len(plan.problems),
        notes=_notes(plan, name),
        seconds=round(time.monotonic() - started, 3),
    )


def _provenance(plan: Plan, path: Path, found: Format, called: str) -> dict[str, Any]:
    known: dict[str, Any] = {"file": called, "format": found.name}
    if path.is_file():
        with path.open("rb") as stream:
            known["sha256"] = hashlib.file_digest(stream, "sha256").hexdigest()
    return known | pack_origins(plan.origins)


def _listed(issues: Sequence[Issue]) -> list[LabelIssueOut]:
    return [LabelIssueOut(**asdict(issue)) for issue in issues[:SHOWN]]


def _notes(plan: Plan, collection: str) -> list[str]:
    if not plan.usable:
        return [f"nothing of the file can be used: {_explain(plan, collection)}"]
    if not plan.stateless:
        return []
    return [f"{plan.stateless:,} labels came without a state and count as validated"]


def _explain(plan: Plan, collection: str) -> str:
    if not plan.rows:
        return "it has no rows, expected one for each image that has a label"
    if not plan.matched:
        return (
            f"none of its {plan.rows:,} rows names an image of collection {collection!r}, which is found by id, else "
            "by content (sha256), else by file name"
        )
    if plan.unlabelled == sum(plan.matched.values()):
        return f"none of its {plan.rows:,} rows has both a label and an image of collection {collection!r}"
    return f"none of its {plan.rows:,} rows has a label that can be given; the problems say why"
