"""The command line without a service does what the client does with one."""

from __future__ import annotations

from pathlib import Path

from facies.api.local import LocalBackend
from facies.api.service import Service
from facies.core.wire_label_files import LabelExportBody, LabelImportBody


def test_who_imports_is_who_uses_the_machine(filled: Service, tmp_path: Path) -> None:
    settings = filled.settings.model_copy(update={"user": "Ann"})
    files = LocalBackend(Service(settings, filled.workspace, filled.embedders, filled.desk, filled.place)).label_files
    assert files.export("g", tmp_path / "l.csv", LabelExportBody(format="csv")).labelled == 24
    (tmp_path / "m.csv").write_text("file,label,state\nbar_chart/0.png,x,dubious\n")
    report = files.import_("g", tmp_path / "m.csv", LabelImportBody(apply=True, replace=True))
    batch = filled.workspace.catalog.label_batch("g", report.batch or 0)
    assert (batch.actor, batch.verified, batch.images) == ("Ann", False, 1)
