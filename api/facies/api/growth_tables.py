"""Pages and audits of a label that is grown, as a person at a terminal reads them."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from facies.api.label_batch_tables import print_undo_hint
from facies.api.review_tables import describe_label, name_image
from facies.api.tables import print_notes
from facies.core.wire_growth import GrownOut, GrowOut


def print_growth(found: GrowOut, console: Console | None = None) -> None:
    """What is to be judged next, where the session stands, and which command goes on."""
    out = console or Console()
    label = found.state.label
    shown = found.state.page or found.state.sample
    leads = {cut.id: cut.lead for cut in shown}
    if shown:
        what = "is each of these" if found.state.sample else "do these belong"
        table = Table("", "image", "now", "lead", title=Text(f"{label}: {what}?", style="bold"), title_justify="left")
        numbers = {cut.id: number for number, cut in enumerate(shown, 1)}
        for image in found.images:
            now = describe_label(image)
            table.add_row(str(numbers[image.id]), name_image(image), escape(now), f"{leads[image.id]:+.3f}")
        out.print(table)
    seen = found.right - found.unseen
    out.print(
        f"{found.right:,} of {found.candidates:,} candidates would become {escape(label)}: {seen:,} seen, "
        f"{found.unseen:,} unseen; {found.open:,} still open",
        soft_wrap=True,
    )
    if found.audit is not None:
        audit = found.audit
        of_unseen = f"between {audit.low:.0%} and {audit.high:.0%} of the unseen ones are right (95 %)"
        out.print(f"audit: {audit.right} of {audit.total} were right, so {of_unseen}", soft_wrap=True)
    for line in _next(found):
        out.print(Text(line, style="dim"), soft_wrap=True)


def print_grown(made: GrownOut, label: str, console: Console | None = None) -> None:
    """What was given, and how to take it back."""
    out = console or Console()
    sure = "" if made.confidence is None else f" (probability {made.confidence:.2f})"
    parts = [f"{made.validated:,} images validated as {label}", f"{made.predicted:,} predicted{sure}"]
    if made.rejected:
        parts.append(f"{made.rejected:,} rejected")
    out.print(Text(f"{', '.join(parts)}, batch {made.batch.number}"), soft_wrap=True)
    print_notes(made.notes, out)
    print_undo_hint(made.batch.number, made.batch.collection, out)


def _next(found: GrowOut) -> list[str]:
    if found.state.page:
        return ["all but 3 and 7 belong: facies label grow right 3 7; most do not: facies label grow wrong"]
    if found.state.sample:
        return ["all but 2 are right: facies label grow audited 2"]
    if found.audit is not None and not found.audit.enough:
        return ["less is right than was wanted: facies label grow shorten, or accept it all the same"]
    if found.ask == "audit":
        return ["nothing more to ask; see a sample of the unseen ones: facies label grow audit"]
    if not found.right:
        return ["nothing was found to be right; delete the session's file, and begin with other examples"]
    return ["to give the label: facies label grow accept"]
