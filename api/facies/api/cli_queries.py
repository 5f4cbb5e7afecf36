"""``facies classify``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Annotated, Any

import typer

from facies.api.backend import Backend, open_backend
from facies.api.options import Api, Collection, Json, VectorName, Weights, Where, filter_of
from facies.api.targets import Absent, Target, expand_targets, make_examples
from facies.api.validation import make_body
from facies.core.cli import print_json
from facies.core.errors import FaciesError, ImageError, ImageNotFoundError, QueryError
from facies.core.settings import load_settings
from facies.core.wire_classify import ClassifiedOut, ClassifyBody, ClassifyOut

BATCH_FILES = 16
"""Files that are classified at a time: few enough to hold, enough to fill the network's batches."""

classify_app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@classify_app.command()
def classify(
    targets: Annotated[
        list[str], typer.Argument(metavar="TARGET...", help="Image files, folders of them, or ids of indexed images.")
    ],
    *,
    collection: Collection,
    k: Annotated[int, typer.Option("--k", "-k", help="How many labelled neighbours vote, with --temperature.")] = 15,
    top: Annotated[
        int | None, typer.Option(help="How many labels to show for each image.", show_default="5; of scenes 3")
    ] = None,
    precision: Annotated[
        float | None,
        typer.Option(metavar="P", help="Also decide: a label that is right in such a share, a set, or unknown."),
    ] = None,
    temperature: Annotated[
        float | None,
        typer.Option(help="Count plain votes, not calibrated ones; small values trust the nearest alone."),
    ] = None,
    group: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", help="Metadata field, e.g. slide; images of one never vouch for each other."),
    ] = None,
    where: Where = None,
    vector: VectorName = None,
    roll_up: Annotated[
        float | None,
        typer.Option(metavar="P", help="Also the lowest taxon, from the first label upwards, that is so probable."),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option(metavar="TAXON", help="Only labels that belong to this taxon; repeat for more."),
    ] = None,
    age: Annotated[
        tuple[float, float] | None, typer.Option(metavar="MIN MAX", help="Only taxa of this age, in millions of years.")
    ] = None,
    depth: Annotated[
        tuple[float, float] | None, typer.Option(metavar="MIN MAX", help="Only taxa of these depths, in metres.")
    ] = None,
    weights: Weights = None,
    json: Json = False,
    api: Api = None,
) -> None:
    """Name images from the validated ones of a collection.

    Probabilities are calibrated, by votes of the nearest, a linear head, or both, whichever does best there. What
    cannot be read is listed and does not stop the others; the exit code is 1 where it was named itself, and not only
    found in a folder. --roll-up, --only, --age and --depth go by the taxonomy
    that the collection uses (`facies taxonomy use`).
    """
    options: dict[str, Any] = {
        "k": k,
        "top": top,
        "temperature": temperature,
        "precision": precision,
        "group": group,
        "where": filter_of(where),
        "vector": vector,
        "roll_up": roll_up,
        "only": only or None,
        "age": age,
        "depth": depth,
    }
    found = list(expand_targets(targets))
    if not found:
        raise QueryError(f"no files below {', '.join(targets)}")
    absent = [one for one in found if isinstance(one, Absent)]
    wanted = [one for one in found if isinstance(one, Target)]
    if not wanted:
        raise absent[0].error
    answer: dict[str, Any] = {"collection": collection, "k": k, "predictions": [], "failures": []}
    answer["failures"] = [{"path": one.text, "reason": one.error.message} for one in absent]
    errors: list[FaciesError] = [one.error for one in absent]
    all_named = not absent
    with open_backend(load_settings(), api, weights) as backend:
        for batch in _batches(wanted):
            for target, outcome in _classified(backend, collection, batch, options):
                if isinstance(outcome, _Named):
                    answer["predictions"].append(outcome.prediction)
                    answer |= _describe(outcome.answer)
                else:
                    answer["failures"].append({"path": target.text, "reason": outcome.message})
                    errors.append(outcome)
                    all_named = all_named and not target.named
    if errors and not answer["predictions"]:
        raise errors[0]
    if json:
        print_json(answer)
    else:
        from facies.api.tables import print_predictions

        print_predictions(answer)
    if not all_named:
        raise typer.Exit(1)


@dataclass(frozen=True, slots=True)
class _Named:
    """What is said of one target, and the answer that it is part of."""

    prediction: dict[str, Any]
    answer: ClassifyOut


def _describe(answer: ClassifyOut) -> dict[str, Any]:
    """What is the same for all targets of an answer."""
    told = {"way", "calibrated", "calibration_error", "validated", "notes", "hidden"}
    return answer.model_dump(mode="json", include=told)


def _classified(
    backend: Backend, collection: str, targets: Sequence[Target], options: dict[str, Any]
) -> Iterator[tuple[Target, _Named | FaciesError]]:
    """The outcome of each target; where one of a batch cannot be read, they are asked about one by one."""
    try:
        out = _ask(backend, collection, targets, options)
        for target, answer in zip(targets, out.predictions, strict=True):
            yield target, _Named(_prediction(backend, collection, target, answer), out)
    except (ImageError, ImageNotFoundError) as error:
        if len(targets) == 1:
            yield targets[0], error
            return
        for target in targets:
            yield from _classified(backend, collection, [target], options)


def _ask(backend: Backend, collection: str, targets: Sequence[Target], options: dict[str, Any]) -> ClassifyOut:
    examples, files = make_examples(targets)
    return backend.classify(collection, make_body(ClassifyBody, examples=examples, **options), files)


def _prediction(backend: Backend, collection: str, target: Target, answer: ClassifiedOut) -> dict[str, Any]:
    known = backend.image(collection, target.text) if target.path is None else None
    place: dict[str, Any] = {"path": target.text} if known is None else {"path": known.path, "id": known.id}
    if target.crop is not None:
        place["crop"] = target.crop.model_dump()
    told = {**place, "top": [prediction.model_dump() for prediction in answer.top]}
    for name in ("novelty", "strangeness", "verdict", "set"):
        if getattr(answer, name) is not None:
            told[name] = getattr(answer, name)
    return told if answer.rolled_up is None else {**told, "rolled_up": answer.rolled_up.model_dump()}


def _batches(targets: Sequence[Target]) -> Iterator[list[Target]]:
    rest = iter(targets)
    while batch := list(islice(rest, BATCH_FILES)):
        yield batch
