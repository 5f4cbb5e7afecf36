"""What makes a list of taxa a taxonomy: each name belongs to one taxon, and parents lead to the top."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, TypeAlias

from facies.core.errors import TaxonomyError
from facies.core.label_text import LONGEST_LABEL, has_control_character
from facies.core.taxonomy.taxon import ORDER, RANKS, Taxon, fold

Use: TypeAlias = Literal["name", "code", "synonym"]
"""What a text is to a taxon."""

Names: TypeAlias = Mapping[str, tuple[str, Use]]
"""The accepted name, and what the text is to it, by folded text."""

_USES: tuple[Use, ...] = ("name", "code", "synonym")


def check_taxa(taxonomy: str, taxa: Sequence[Taxon]) -> Names:
    """Check taxa as one taxonomy, and give every text that names one of them.

    Raises:
        TaxonomyError: there are none; a name is empty; a name, code or synonym belongs to two; a parent is unknown; a
            taxon is its own ancestor; a rank is none, or not below its parent's.
    """
    if not taxa:
        raise TaxonomyError(f"the taxonomy {taxonomy!r} has no taxa, expected at least one name")
    names = _collect(taxonomy, taxa)
    by_name = {taxon.name: taxon for taxon in taxa}
    for taxon in taxa:
        if taxon.parent is not None and taxon.parent not in by_name:
            raise _unknown_parent(taxonomy, taxon, names)
    _check_cycles(taxonomy, by_name)
    for taxon in taxa:
        _check_rank(taxonomy, taxon, by_name)
    return names


def _collect(taxonomy: str, taxa: Iterable[Taxon]) -> Names:
    names: dict[str, tuple[str, Use]] = {}
    listed = list(taxa)
    for use in _USES:  # accepted names first, so that a message says which text is in the way of which
        for taxon in listed:
            for text in _texts(taxon, use):
                key = fold(text)
                if len(text) > LONGEST_LABEL or has_control_character(text):
                    raise TaxonomyError(
                        f"the taxonomy {taxonomy!r} has the {use} {text[:40]!r} of {len(text):,} characters; expected "
                        f"at most {LONGEST_LABEL}, and no control characters among them"
                    )
                if not key or text != " ".join(text.split()):
                    raise TaxonomyError(
                        f"the taxonomy {taxonomy!r} has the {use} {text!r}, expected a text without spaces at its ends "
                        "and with single ones in between"
                    )
                there = names.get(key)
                if there is None:
                    names[key] = (taxon.name, use)
                elif use == "name" or there[0] != taxon.name:
                    raise _twice(taxonomy, text, use, taxon, there)
    return names


def _texts(taxon: Taxon, use: Use) -> tuple[str, ...]:
    if use == "name":
        return (taxon.name,)
    if use == "code":
        return () if taxon.code is None else (taxon.code,)
    return taxon.synonyms


def _twice(taxonomy: str, text: str, use: Use, taxon: Taxon, there: tuple[str, Use]) -> TaxonomyError:
    if use == "name":
        return TaxonomyError(
            f"the taxonomy {taxonomy!r} has the name {text!r} twice (case and spaces do not tell names apart); "
            "leave one out, or give one of them another name"
        )
    other, as_use = there
    what = "is itself a name" if as_use == "name" else f"is a {as_use} of {other!r} too"
    return TaxonomyError(
        f"in the taxonomy {taxonomy!r} {text!r}, a {use} of {taxon.name!r}, {what}; leave it out in one place"
    )


def _unknown_parent(taxonomy: str, taxon: Taxon, names: Names) -> TaxonomyError:
    meant = names.get(fold(taxon.parent or ""))
    remedy = (
        f"did you mean the accepted name {meant[0]!r}?"
        if meant
        else "add a row for it, or leave the parent of this one empty"
    )
    return TaxonomyError(
        f"in the taxonomy {taxonomy!r} the parent of {taxon.name!r} is {taxon.parent!r}, which is no name in it; "
        f"{remedy}"
    )


def _check_cycles(taxonomy: str, by_name: Mapping[str, Taxon]) -> None:
    leads_up: set[str] = set()
    for start in by_name:
        path: dict[str, None] = {}
        name: str | None = start
        while name is not None and name not in leads_up:
            if name in path:
                walked = list(path)
                circle = [*walked[walked.index(name) :], name]
                raise TaxonomyError(
                    f"in the taxonomy {taxonomy!r} parents go round in a circle: {' -> '.join(circle)}; "
                    "correct the parent of one of them"
                )
            path[name] = None
            name = by_name[name].parent
        leads_up.update(path)


def _check_rank(taxonomy: str, taxon: Taxon, by_name: Mapping[str, Taxon]) -> None:
    if taxon.rank is None:
        return
    if taxon.rank not in ORDER:
        raise TaxonomyError(
            f"in the taxonomy {taxonomy!r} {taxon.name!r} has the rank {taxon.rank!r}, expected one of "
            f"{', '.join(RANKS)}, or none"
        )
    above = taxon.parent
    while above is not None and by_name[above].rank is None:
        above = by_name[above].parent
    rank_above = by_name[above].rank if above is not None else None
    if rank_above is None or ORDER.get(rank_above, -1) < ORDER[taxon.rank]:
        return
    if taxon.rank == rank_above == "group":
        return  # groups are informal, and hold groups
    raise TaxonomyError(
        f"in the taxonomy {taxonomy!r} {taxon.name!r} is a {taxon.rank} below {above!r}, a {rank_above}: "
        "expected a lower rank than that of what it belongs to"
    )
