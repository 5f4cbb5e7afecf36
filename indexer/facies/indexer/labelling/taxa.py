"""Labels that people give, in the words of the taxonomy that a collection uses."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from typing import TYPE_CHECKING, Final

from facies.core.errors import UnknownTaxonError

if TYPE_CHECKING:
    from facies.core.workspace import Workspace

_SHOWN: Final = 5


def resolve_labels(
    workspace: Workspace, collection: str, labels: Iterable[str], *, present: Container[str] = ()
) -> dict[str, str]:
    """Find the accepted name of each label; every label is its own where the collection uses no taxonomy.

    What people give goes through this: a synonym, a code, or a name in other case or spacing becomes the accepted name.
    Labels that an index run finds in folders and manifests do not, so that no run fails for one of them: `facies
    taxonomy check` lists those.

    Args:
        workspace: the open data.
        collection: its name.
        labels: as somebody wrote them.
        present: labels that are let through though they are no taxa, such as provisional names of groups.

    Returns:
        the name to store by what was written.

    Raises:
        CollectionNotFoundError: there is none of this name.
        UnknownTaxonError: one or more are no taxa; the message says what the first may have meant.
    """
    wanted = dict.fromkeys(labels)
    taxonomy = workspace.catalog.taxonomy_of(collection)
    if taxonomy is None:
        return {label: label for label in wanted}
    found = {label: taxonomy.find(label) for label in wanted}
    unknown = [label for label, resolution in found.items() if resolution is None and label not in present]
    if unknown:
        raise _unknown(unknown, taxonomy.name, [near.name for near in taxonomy.suggest(unknown[0])])
    return {label: label if resolution is None else resolution.name for label, resolution in found.items()}


def describe_strangers(workspace: Workspace, collection: str, labels: Iterable[str]) -> str | None:
    """Say which labels are no accepted names of the taxonomy that a collection uses; None where there is no such one.

    Raises:
        CollectionNotFoundError: there is none of this name.
    """
    taxonomy = workspace.catalog.taxonomy_of(collection)
    strangers = [] if taxonomy is None else sorted(label for label in set(labels) if label not in taxonomy)
    if taxonomy is None or not strangers:
        return None
    return (
        f"{len(strangers):,} of the labels are no accepted names of the taxonomy {taxonomy.name!r}: "
        f"{_list(strangers)}; `facies taxonomy check -c {collection}` says what they may mean"
    )


def _list(labels: Sequence[str]) -> str:
    more = f" and {len(labels) - _SHOWN:,} more" if len(labels) > _SHOWN else ""
    return f"{', '.join(map(repr, labels[:_SHOWN]))}{more}"


def _unknown(labels: list[str], taxonomy: str, near: list[str]) -> UnknownTaxonError:
    first = UnknownTaxonError(labels[0], taxonomy, near)
    others = labels[1:]
    if not others:
        return first
    return UnknownTaxonError.from_message(f"{first.message} No taxa either: {_list(others)}.")
