"""Who acts in a request: there are no accounts, so it is the name that the client gives, unverified."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import unquote

from fastapi import Depends, Header, Request

from facies.core.actors import Actor, check_name, local_actor


async def actor_of_request(
    request: Request,
    x_facies_user: Annotated[
        str | None,
        Header(description="Who acts, for the history of labels; percent-encoded UTF-8 where it is not plain ASCII."),
    ] = None,
) -> Actor:
    """The name of the header, else that of the service's settings or account.

    Raises:
        QueryError: the header holds no name.
    """
    if x_facies_user is None:
        return local_actor(request.app.state.service.settings.user)
    return Actor(check_name(unquote(_as_sent(x_facies_user))))


def _as_sent(header: str) -> str:
    """A header as text: the server takes it for Latin-1, a terminal sends UTF-8."""
    try:
        return header.encode("latin-1").decode()
    except UnicodeError:
        return header


ActorDep = Annotated[Actor, Depends(actor_of_request)]
