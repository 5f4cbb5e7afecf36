"""Backup and restore of a data folder: one tar file, checked to the byte before any of it is used."""

from facies.indexer.backup.making import BackupReport, make_backup, make_live_backup
from facies.indexer.backup.restoring import RestoreReport, restore_backup

__all__ = ["BackupReport", "RestoreReport", "make_backup", "make_live_backup", "restore_backup"]
