"""Which addresses the service answers under, and whose web pages may change its data.

The service has no accounts: what protects it on a person's own machine is that only that person reaches it. A browser
on that machine runs the pages of strangers, though. Two checks keep those out, and programs notice neither:

- The `Host` header must name this service. A page that points its own name at 127.0.0.1 (DNS rebinding) cannot do that.
- A request that changes something must not come from a page of another origin (`Origin` header). Browsers send a form
  with files, and wait for no leave, wherever a page wants it sent. A socket of the web interface counts as such a
  request, where it has the same address: browsers open one to any place and read what it says.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from facies.api.body_limit import drain_body
from facies.api.problems import problem_of, problem_response
from facies.api.serving import WILDCARDS
from facies.core.errors import AccessError
from facies.core.settings import Settings

ANY = "*"
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_DEFAULT_PORTS = {"http": "80", "https": "443"}
_REFUSED = 1008
"""A socket's close code for what a policy forbids (RFC 6455, 7.4.1); before it is accepted, the answer is 403."""


class AccessGuard:
    """ASGI middleware: refuses foreign hosts, and changes that a foreign web page asks for.

    A service that listens on all addresses cannot know its names. It answers under every number, since a rebound name
    is never one, and under the names of the settings.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        """Take the names and origins of the settings."""
        self._app = app
        self._hosts = allowed_hosts(settings)
        self._numbers = settings.api.host in WILDCARDS
        self._origins = frozenset(origin.rstrip("/").lower() for origin in settings.api.cors_origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or say why not."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        socket = scope["type"] == "websocket"
        error = self._refusal(Headers(scope=scope), changes=socket or scope["method"] not in _SAFE_METHODS)
        if error is None:
            await self._app(scope, receive, send)
            return
        if socket:
            await send({"type": "websocket.close", "code": _REFUSED, "reason": "AccessError"})
            return
        if scope["method"] not in _SAFE_METHODS:
            await drain_body(receive)
        await problem_response(problem_of(error), {"Connection": "close"})(scope, receive, send)

    def _refusal(self, headers: Headers, *, changes: bool) -> AccessError | None:
        host = headers.get("host", "")
        if not self._is_allowed(host):
            return AccessError(
                f"the service does not answer under the host {host[:200]!r}. If it is this machine's, add its name to "
                "FACIES_API__ALLOWED_HOSTS."
            )
        origin = headers.get("origin")
        if not changes or origin is None or ANY in self._origins or origin.lower() in self._origins:
            return None
        if is_same_origin(origin, host):
            return None
        return AccessError(
            f"a web page of {origin[:200]!r} asks for a change, and it is none of this service's. If it is yours, add "
            "its origin to FACIES_API__CORS_ORIGINS."
        )

    def _is_allowed(self, host: str) -> bool:
        name = host_name(host)
        return ANY in self._hosts or name in self._hosts or (self._numbers and is_number(name))


def allowed_hosts(settings: Settings) -> Collection[str]:
    """The names that the service answers under: loopback's, the one it listens on, and those of the settings."""
    public = urlsplit(settings.ui.public_api_url or "").hostname
    named = [*settings.api.allowed_hosts, *([public] if public else [])]
    if settings.api.host not in WILDCARDS:
        named.append(settings.api.host)
    return LOOPBACK | {name if name == ANY else host_name(name) for name in named}


def host_name(host: str) -> str:
    """The name in a `Host` header, without its port; numbers in their shortest form.

    Example:
        >>> host_name("LocalHost:8000"), host_name("[0:0::1]:8000"), host_name("::1"), host_name("facies.lan.")
        ('localhost', '::1', '::1', 'facies.lan')
    """
    text = host.strip().lower()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    text = text.removesuffix(".")
    return str(ipaddress.ip_address(text)) if is_number(text) else text


def is_number(name: str) -> bool:
    """Whether a name is an IP address."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def is_same_origin(origin: str, host: str) -> bool:
    """Whether a page of an origin came from the very host and port that a request goes to.

    Example:
        >>> is_same_origin("http://127.0.0.1:8000", "127.0.0.1:8000"), is_same_origin("https://x.org", "x.org:443")
        (True, True)
        >>> is_same_origin("http://127.0.0.1:8501", "127.0.0.1:8000"), is_same_origin("null", "127.0.0.1:8000")
        (False, False)
    """
    scheme, separator, rest = origin.lower().partition("://")
    if not separator or scheme not in _DEFAULT_PORTS:
        return False
    return _with_port(rest, scheme) == _with_port(host.lower(), scheme)


def _with_port(host: str, scheme: str) -> tuple[str, str]:
    after = host.rpartition("]")[2] if host.startswith("[") else host
    return host_name(host), after.partition(":")[2] or _DEFAULT_PORTS[scheme]
