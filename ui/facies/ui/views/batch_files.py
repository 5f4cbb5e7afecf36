"""The files of a batch, and what tells their labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import streamlit as st

from facies.core.wire import CollectionOut
from facies.ui import classify_state, markup
from facies.ui.truth import SOURCES, TableError, TruthSource, label_of_file, read_table

if TYPE_CHECKING:
    from streamlit.runtime.uploaded_file_manager import UploadedFile


@dataclass(frozen=True, slots=True)
class BatchFile:
    """A file of this computer.

    Attributes:
        key: tells it from the others.
        name: with folders, where a whole folder was given.
        size: in bytes.
        truth: the label that it has, as far as is known.
        upload: its bytes, kept by Streamlit for as long as the session lasts.
    """

    key: str
    name: str
    size: int
    truth: str | None
    upload: UploadedFile

    @property
    def data(self) -> bytes:
        """The bytes."""
        return self.upload.getvalue()


def show(collection: CollectionOut) -> list[BatchFile]:
    """Ask for files, and for what tells their labels."""
    with st.container(key="batch-source", horizontal=True, vertical_alignment="bottom"):
        whole = st.segmented_control(
            "What to name",
            ["Files", "A folder"],
            default="Files",
            required=True,
            key="batch-kind",
            help="Nothing is stored: files are only compared.",
        )
        _truth_choice()
    table = _read_table() if classify_state.current_truth() == "table" else None
    uploads = cast(
        "Sequence[UploadedFile]",
        st.file_uploader(
            "Images to name",
            accept_multiple_files="directory" if whole == "A folder" else True,
            key=f"batch-upload-{whole}",
            label_visibility="collapsed",
        ),
    )
    files = [_file(one, table) for one in uploads]
    if files:
        _about_labels(collection, files)
    return files


def _truth_choice() -> None:
    st.session_state["batch-truth"] = classify_state.current_truth()
    st.segmented_control(
        "Their labels are known from",
        list(SOURCES),
        required=True,
        key="batch-truth",
        format_func=lambda one: SOURCES[one],
        help="To see how well they are named. *Folder*: the name of the innermost folder. *File name*: without the "
        "number at its end. *CSV*: a table with columns file and label.",
        on_change=lambda: classify_state.set_truth(cast(TruthSource, st.session_state["batch-truth"] or "none")),
    )


def _read_table() -> Mapping[str, str] | None:
    file = st.file_uploader("A CSV with columns file and label", type=["csv", "tsv", "txt"], key="batch-table")
    if file is None:
        return None
    try:
        return read_table(file.getvalue())
    except TableError as error:
        st.warning(markup.plain(f"{file.name}: {error}."), icon=":material/help:")
        return None


def _file(upload: UploadedFile, table: Mapping[str, str] | None) -> BatchFile:
    truth = label_of_file(upload.name, classify_state.current_truth(), table)
    return BatchFile(upload.file_id, upload.name, upload.size, truth, upload)


def _about_labels(collection: CollectionOut, files: Sequence[BatchFile]) -> None:
    if classify_state.current_truth() == "none":
        return
    known = [one.truth for one in files if one.truth is not None]
    words = f"{len(known):,} of {len(files):,} files have a label."
    foreign = sorted(set(known) - collection.labels.keys())
    if foreign:
        shown = ", ".join(markup.plain(one) for one in foreign[:5]) + (
            f" and {len(foreign) - 5} more" if len(foreign) > 5 else ""
        )
        words += f" No image of {collection.name} is labelled {shown}: such files cannot be named rightly."
    st.caption(words)
