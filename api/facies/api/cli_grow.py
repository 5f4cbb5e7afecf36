"""``facies label grow``: a label grown page by page, with the session in a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from facies.api.backend import open_backend
from facies.api.grow_sessions import DEFAULT_FILE, GrowSession, check_free, find_ids, read_session, write_session
from facies.api.growth_tables import print_grown, print_growth
from facies.api.options import Api, Collection, Json, VectorName, Where, filter_of
from facies.api.validation import make_body
from facies.core.cli import print_answer
from facies.core.errors import QueryError
from facies.core.settings import load_settings
from facies.core.wire_growth import (
    GrowAcceptBody,
    GrowAuditBody,
    GrowAuditedBody,
    GrowBody,
    GrowOut,
    GrowPageBody,
    GrowStateBody,
)

grow_app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Grow a label by bisection: judge few pages, audit the rest, accept it as one batch.",
)

Session = Annotated[Path, typer.Option("--session", metavar="FILE", help="Where the session is kept.")]
Out = Annotated[
    list[str] | None, typer.Argument(metavar="[N...]", help="Numbers (or ids) of images that do not belong.")
]


@grow_app.command()
def start(
    label: Annotated[str, typer.Argument(help="What accepted images will be called.")],
    *,
    collection: Collection,
    example: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", help="Images that show it; repeat. Its validated images if left out."),
    ] = None,
    page: Annotated[int, typer.Option(help="Images of a page.")] = 20,
    vector: VectorName = None,
    where: Where = None,
    session: Session = DEFAULT_FILE,
    json: Json = False,
    api: Api = None,
) -> None:
    """Begin: the images that nobody has named are put in order, and the first page is shown."""
    check_free(session)
    examples = example or []
    body = make_body(GrowBody, label=label, examples=examples, vector=vector, where=filter_of(where), page=page)
    with open_backend(load_settings(), api) as backend:
        found = backend.review.grow(collection, body)
    _keep(session, collection, page, found, json=json)


@grow_app.command()
def show(*, session: Session = DEFAULT_FILE, json: Json = False, api: Api = None) -> None:
    """Show the page that is to be judged, as the labels are now."""
    kept = read_session(session)
    with open_backend(load_settings(), api) as backend:
        found = backend.review.grow_page(kept.collection, GrowPageBody(state=kept.state, page=kept.page))
    _keep(session, kept.collection, kept.page, found, json=json)


@grow_app.command()
def right(out: Out = None, *, session: Session = DEFAULT_FILE, json: Json = False, api: Api = None) -> None:
    """The page is right, but for the images that are named; see the next one."""
    _judge(session, "right", out, api, json=json)


@grow_app.command()
def wrong(out: Out = None, *, session: Session = DEFAULT_FILE, json: Json = False, api: Api = None) -> None:
    """The page is mostly wrong; see the next one. Nothing is said of each image, but for those that are named."""
    _judge(session, "wrong", out, api, json=json)


@grow_app.command()
def audit(
    *,
    images: Annotated[int, typer.Option(help="How many, at most.")] = 20,
    seed: Annotated[int, typer.Option(help="Of the chance by which they are drawn.")] = 0,
    session: Session = DEFAULT_FILE,
    json: Json = False,
    api: Api = None,
) -> None:
    """Show a sample of what would be accepted without having been seen."""
    kept = read_session(session)
    body = make_body(GrowAuditBody, state=kept.state, images=images, seed=seed)
    with open_backend(load_settings(), api) as backend:
        found = backend.review.grow_audit(kept.collection, body)
    _keep(session, kept.collection, kept.page, found, json=json)


@grow_app.command()
def audited(
    out: Out = None,
    *,
    precision: Annotated[float, typer.Option(help="Share of right ones that is wanted.")] = 0.95,
    session: Session = DEFAULT_FILE,
    json: Json = False,
    api: Api = None,
) -> None:
    """The sample is right, but for the images that are named; see how right the others are."""
    kept = read_session(session)
    if not kept.state.sample:
        raise QueryError("no audit is drawn that could be judged; `facies label grow audit` draws one")
    ids = find_ids([cut.id for cut in kept.state.sample], out or [])
    body = make_body(GrowAuditedBody, state=kept.state, wrong=ids, precision=precision)
    with open_backend(load_settings(), api) as backend:
        found = backend.review.grow_audited(kept.collection, body)
    _keep(session, kept.collection, kept.page, found, json=json)


@grow_app.command()
def shorten(*, session: Session = DEFAULT_FILE, json: Json = False, api: Api = None) -> None:
    """Accept less: nothing beyond where the audit was as right as was wanted."""
    kept = read_session(session)
    with open_backend(load_settings(), api) as backend:
        found = backend.review.grow_shorten(kept.collection, GrowStateBody(state=kept.state))
    _keep(session, kept.collection, kept.page, found, json=json)


@grow_app.command()
def accept(
    *,
    validate_unseen: Annotated[
        bool, typer.Option("--validate-unseen", help="Also what nobody saw counts as validated, not as predicted.")
    ] = False,
    reject: Annotated[
        bool, typer.Option("--reject", help="What was taken out is rejected for the label, not only left as it was.")
    ] = False,
    session: Session = DEFAULT_FILE,
    json: Json = False,
    api: Api = None,
) -> None:
    """Give the label, as one batch that can be undone; the session ends, and its file goes."""
    kept = read_session(session)
    body = GrowAcceptBody(state=kept.state, validate_unseen=validate_unseen, reject=reject)
    with open_backend(load_settings(), api) as backend:
        made = backend.review.grow_accept(kept.collection, body)
    session.unlink(missing_ok=True)
    print_answer(made, lambda one: print_grown(one, kept.state.label), as_json=json)


def _judge(path: Path, verdict: str, out: list[str] | None, api: str | None, *, json: bool) -> None:
    kept = read_session(path)
    ids = find_ids([cut.id for cut in kept.state.page], out or [])
    body = make_body(GrowPageBody, state=kept.state, verdict=verdict, wrong=ids, page=kept.page)
    with open_backend(load_settings(), api) as backend:
        found = backend.review.grow_page(kept.collection, body)
    _keep(path, kept.collection, kept.page, found, json=json)


def _keep(path: Path, collection: str, page: int, found: GrowOut, *, json: bool) -> None:
    write_session(path, GrowSession(collection=collection, page=page, state=found.state))
    print_answer(found, print_growth, as_json=json)
