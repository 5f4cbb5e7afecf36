"""The errors of taxonomies; import them from `facies.core.errors`, which draws their tree."""

from __future__ import annotations

from collections.abc import Iterable

from facies.core.error_base import FaciesError


class TaxonomyError(FaciesError):
    """Names, ranks, synonyms and parents that make no taxonomy, or a file that does not hold one."""


class UnknownTaxonError(TaxonomyError):
    """A name is none of those of a taxonomy, in any spelling that it knows."""

    def __init__(self, name: str, taxonomy: str, suggestions: Iterable[str] = ()) -> None:
        """Name the text asked for, the taxonomy, and the nearest names."""
        near = list(suggestions)
        hint = f"Did you mean {' or '.join(map(repr, near))}? " if near else "No name in it is spelt like this. "
        super().__init__(
            f"{name!r} is no taxon of the taxonomy {taxonomy!r}. {hint}"
            f"`facies taxonomy show {taxonomy}` lists its names; a CSV file with the missing one brings it in "
            "(`facies taxonomy export`, then `import --replace`)."
        )


class TaxonomyNotFoundError(TaxonomyError):
    """No taxonomy has this name, or a collection uses none."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        """Name the taxonomy and those that exist."""
        super().__init__(
            f"no taxonomy {name!r}. There are: {', '.join(sorted(known))}. "
            "`facies taxonomy import FILE` brings another."
        )


class TaxonomyConflictError(TaxonomyError):
    """A taxonomy's name is taken, or it cannot go because something needs it."""
