"""What to do where nothing can be learnt yet."""

from __future__ import annotations

import streamlit as st

from facies.core.wire_labels import LabelCountsOut
from facies.ui import label_state, markup


def show_unless_taught(counts: LabelCountsOut) -> bool:
    """Say how to begin where there are no validated images of two classes; tell whether there are."""
    if len(counts.classes) > 1:
        return True
    with st.container(key="nothing", border=True):
        if counts.validated:
            (name,) = counts.classes
            st.markdown(
                f"**All {counts.validated:,} validated images are of one class, {markup.plain(name)}.** "
                "Naming takes at least two."
            )
        else:
            st.markdown(
                "**Nothing is validated yet, so there is nothing to learn from.** A few images of each class do."
            )
        st.markdown("Begin with images that differ from each other, or with groups of those that are alike:")
        with st.container(horizontal=True):
            _turn_to("Name diverse images", ":material/checklist:", kind="queue", by="diverse")
            _turn_to("See groups", ":material/question_mark:", kind="unknowns")
        st.markdown("Labels from another tool, or from folder names, can be brought along:")
        st.code(f"facies label import FILE --collection {counts.collection} --apply", language="bash")
    return False


def _turn_to(words: str, icon: str, **work: str) -> None:
    st.button(words, icon=icon, key=f"begin-{work['kind']}", on_click=label_state.change, kwargs=work)
