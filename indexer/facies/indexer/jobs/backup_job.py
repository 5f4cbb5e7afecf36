"""Jobs of kind ``backup``: all data in one file, while the service goes on.

Begun again, one starts anew; what an attempt that was killed has left is cleared away, or replaced where it is whole.
"""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from facies.core.errors import SourceError
from facies.indexer.backup import make_live_backup
from facies.indexer.jobs.index_job import check_within
from facies.indexer.jobs.parameters import BackupParameters

if TYPE_CHECKING:
    from facies.indexer.jobs.work import Work


def run(work: Work) -> dict[str, Any]:
    """Write a backup among the results of the job, or into a folder; gives a `facies.indexer.backup` report.

    The file has the day and the id of the job in its name, so that no other one is ever overwritten.

    Raises:
        JobBrokenOffError: the attempt was to end; nothing is left behind.
        FaciesError: see `facies.indexer.backup.make_live_backup`.
    """
    given = work.parameters(BackupParameters)
    work.progress("copying the catalogue and the vectors")
    name = f"facies-{work.job.created_at:%Y-%m-%d}-{work.job.id}.tar.zst"
    report = make_live_backup(
        work.settings,
        work.workspace,
        _folder(work, given) / name,
        weights=given.weights,
        replaces=True,
        on_member=lambda members, _: work.progress("writing files", members),
    )
    body = asdict(report)
    if given.folder is None:
        body["file"] = name  # among the results, wherever these lie
    return body


def _folder(work: Work, given: BackupParameters) -> Path:
    if given.folder is None:
        work.folder.results.mkdir(parents=True, exist_ok=True)
        return work.folder.results
    within = None if given.within is None else [Path(os.path.realpath(root)) for root in given.within]
    check_within(given.folder, within)
    folder = Path(given.folder)
    if not folder.is_dir():
        raise SourceError(f"there is no folder {folder} for the backup; make it first")
    return folder
