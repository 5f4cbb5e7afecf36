"""What a person asks of ``facies evaluate``, and whether it makes sense, before anything is read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from facies.core.errors import ConfigurationError
from facies.core.new_files import check_target
from facies.indexer.evaluation.dump import SUFFIX as DUMP_SUFFIX
from facies.indexer.evaluation.gallery import DEFAULT_RECIPE
from facies.indexer.evaluation.report import SUFFIX as REPORT_SUFFIX
from facies.indexer.evaluation.subjects import Grouping

if TYPE_CHECKING:
    from facies.core.wire_search import RerankMethod
    from facies.indexer.sources import Labels

Protocol: TypeAlias = Literal["scampi", "autolabel", "bisection", "unknowns"]
"""What is measured: how images find and name each other, how they are labelled at a precision asked for, what it
takes a person to label them by bisection, or how unknown ones are grouped."""

_TIMM = "timm:"
_TABLES = (".csv", ".tsv", ".tab")


@dataclass(frozen=True, slots=True)
class Order:
    """The options of the command."""

    source: str | None = None
    collection: str | None = None
    vector: str | None = None
    model: str | None = None
    weights: Path | None = None
    recipe: str | None = None
    compare: tuple[str, ...] = ()
    protocol: Protocol = "scampi"
    precisions: tuple[float, ...] = ()
    rerank: bool | None = None
    rerank_by: RerankMethod | None = None
    euclidean: bool = False
    labels: Labels | None = None
    group: str | None = None
    group_parts: int | None = None
    dump: Path | None = None
    report: Path | None = None
    as_json: bool = False

    @property
    def grouping(self) -> Grouping | None:
        """Which images are near-duplicates of each other; None: none are taken to be."""
        return None if self.group is None else Grouping(self.group, self.group_parts)

    @property
    def where_labels_are(self) -> Labels:
        """As asked for; else in the column of a manifest, or in the names of folders."""
        if self.labels is not None:
            return self.labels
        return "manifest" if str(self.source).lower().endswith(_TABLES) else "folder"


@dataclass(frozen=True, slots=True)
class Target:
    """What is evaluated: a card with a recipe, or the stored vectors of a collection.

    Attributes:
        card: None for stored vectors.
        recipe: of the card.
        vector: name of the stored vectors; None for the default ones.
    """

    card: str | None
    recipe: str = DEFAULT_RECIPE
    vector: str | None = None


def parse_target(text: str) -> Target:
    """Read ``CARD:RECIPE``, or ``CARD`` with its default recipe.

    Raises:
        ConfigurationError: no card or no recipe is named.

    Example:
        >>> parse_target("efficientnet-lite0:fast").recipe, parse_target("timm:resnet18").card
        ('fast', 'timm:resnet18')
    """
    prefix = _TIMM if text.startswith(_TIMM) else ""
    card, colon, recipe = text.removeprefix(prefix).partition(":")
    if not card.strip() or (colon and not recipe.strip()):
        raise ConfigurationError(f"cannot compare {text!r}, expected CARD:RECIPE such as efficientnet-lite0:default")
    return Target(prefix + card.strip(), recipe.strip() or DEFAULT_RECIPE)


def list_targets(order: Order, stored: tuple[str, ...] = ()) -> list[Target]:
    """List what is evaluated, each once, in the order that it was asked for.

    Args:
        order: the options.
        stored: names of the vectors that the collection has: these are taken as they are stored.

    Raises:
        ConfigurationError: nothing to compare with, or something that cannot be read.
    """
    targets = []
    if order.model is not None:
        targets.append(Target(order.model, order.recipe or DEFAULT_RECIPE))
    elif order.collection is not None and (order.vector is not None or not order.compare):
        targets.append(Target(None, vector=order.vector))
    targets += [Target(None, vector=text) if text in stored else parse_target(text) for text in order.compare]
    targets = list(dict.fromkeys(targets))
    if order.compare and len(targets) < 2:
        raise ConfigurationError(
            "--compare takes at least two different recipes, --model's among them: CARD:RECIPE ..."
        )
    return targets


def check_order(order: Order) -> None:
    """Refuse options that contradict each other.

    Raises:
        ConfigurationError: names them and the remedy.
    """
    if (order.source is None) == (order.collection is None):
        raise ConfigurationError("give either SOURCE, a folder or manifest of labelled images, or --collection NAME")
    if order.source is not None and order.model is None and not order.compare:
        raise ConfigurationError("no model was named; give --model CARD (`facies models list` shows all)")
    wrong: dict[str, object] = {
        "--vector names a vector of a collection; give --collection too": order.vector and not order.collection,
        "--vector takes stored vectors and --model makes new ones; give one of them": order.vector and order.model,
        "--labels is for SOURCE; of a collection the validated labels count": order.labels and not order.source,
        "--labels none leaves nothing to measure": order.labels == "none",
        "--weights belongs to a card; give --model too": order.weights and not order.model,
        "--recipe belongs to a card; give --model too": order.recipe and not order.model,
        "--group-parts belongs to a column; give --group too": order.group_parts and not order.group,
        "--euclidean needs raw outputs, which only --model makes": order.euclidean and not order.model,
        "--euclidean tells of one recipe; leave it or --compare out": order.euclidean and order.compare,
        "--precision is of labelling; give --protocol autolabel or bisection too": (
            order.precisions and order.protocol in {"scampi", "unknowns"}
        ),
        "--protocol bisection takes one --precision": order.protocol == "bisection" and len(order.precisions) > 1,
        f"--group plays no part in --protocol {order.protocol}; leave it out": (
            order.protocol in {"bisection", "unknowns"} and order.group
        ),
        "--rerank-by asks for what --no-rerank leaves out; drop one": order.rerank_by and order.rerank is False,
        "--dump is of one recipe; leave it or --compare out": order.dump and order.compare,
    }
    if order.protocol != "scampi":
        given: dict[str, object] = {
            "--compare": order.compare,
            "--dump": order.dump,
            "--report": order.report,
            "--euclidean": order.euclidean,
            "--rerank": order.rerank,
            "--rerank-by": order.rerank_by,
        }
        wrong |= {f"{one} is not of --protocol {order.protocol}; leave one of them out": given[one] for one in given}
    for message, holds in wrong.items():
        if holds:
            raise ConfigurationError(message)
    for path, suffix in ((order.dump, DUMP_SUFFIX), (order.report, REPORT_SUFFIX)):
        if path is not None:
            check_target(path, (suffix,))
