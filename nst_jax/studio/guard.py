"""The guard in front of all routes: who may ask, from where, and what a browser may do with the answer.

A page of any site can send requests to a server on the user's own machine. Three rules keep it out: the host must be
one of ours, so that no name of an attacker leads here (DNS rebinding); a request that changes something, and every
request for data, must come from our own page; and with a token, a cookie must hold it.
"""

import hmac
import ipaddress
import re
from collections.abc import Sequence
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "nst_jax_studio"
LOOPBACK = ("127.0.0.1", "localhost", "::1")
# Letters, digits and what separates them; an address of IPv6 is in brackets.
_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[\w.-]+)(:\d+)?", re.IGNORECASE | re.ASCII)
_SAFE = ("GET", "HEAD")
SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' blob: data:; style-src 'self'; object-src 'none'; base-uri 'none'; "
        "form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class Guard:
    """An ASGI middleware.

    Args:
        app: what is guarded.
        hosts: the names and addresses by which the server may be called, with or without a port, which is ignored: a
            tunnel of ssh has another one at the user's end.
        token: the secret word of the URL; None asks for none.
    """

    def __init__(self, app: ASGIApp, hosts: Sequence[str], token: str | None):
        self._app, self._token = app, token
        self._hosts = {host_name(f"[{host}]" if host.count(":") > 1 and "[" not in host else host) for host in hosts}
        self._hosts.discard("")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request that is refused, and pass on all others."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers[name] = value
                # Pages are looked up again each time, so that an update of the program is seen at once.
                headers.setdefault("Cache-Control", "no-cache")
            await send(message)

        answer = self._refusal(scope)
        await (answer or self._app)(scope, receive, send_with_headers)

    def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if len(headers.getlist("host")) != 1 or host_name(host) not in self._hosts:
            return _error(400, "This address is not one of the studio's; use the one that it printed at its start.")
        if not self._is_from_our_page(scope, headers, host):
            return _error(403, "Another site asked for this; use the studio's own page.")
        if self._token is None:
            return None
        given = dict(parse_qsl(scope["query_string"].decode("latin-1"))).get("token")
        if scope["path"] == "/" and scope["method"] in _SAFE and given is not None and self._is_token(given):
            answer = RedirectResponse(_without_token(scope), 303)
            # Sent over plain HTTP too, as to a machine in the same network, so that it cannot be "Secure".
            answer.set_cookie(COOKIE, self._token, httponly=True, samesite="strict", path="/", max_age=30 * 86400)
            return answer
        if not self._is_token(_cookie(headers)):
            return _error(401, "The token is missing or wrong; open the complete URL that the studio printed.")
        return None

    def _is_from_our_page(self, scope: Scope, headers: Headers, host: str) -> bool:
        """Return whether a request may have come from our page, or from no page at all."""
        if scope["method"] in _SAFE and not scope["path"].startswith("/api/"):
            # A link from anywhere may lead to a page.
            return True
        site = headers.get("sec-fetch-site")
        origin = headers.get("origin")
        if site is not None:
            return site in ("same-origin", "none") and (origin is None or _is_same(origin, host))
        # Older browsers send no Sec-Fetch-Site, but an origin with all that changes something; programs send neither.
        return origin is None or _is_same(origin, host)

    def _is_token(self, given: str) -> bool:
        assert self._token is not None
        return hmac.compare_digest(given.encode(), self._token.encode())


def host_name(host: str) -> str:
    """Return the name or address of a Host header without its port, in lower case; "" for what is none."""
    if not _HOST.fullmatch(host):
        return ""
    try:
        parts = urlsplit(f"//{host}")
        name, _ = parts.hostname or "", parts.port
    except ValueError:
        return ""
    return name.rstrip(".")


def is_loopback(host: str) -> bool:
    """Return whether only this machine can reach a server that is bound to a host."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _is_same(origin: str, host: str) -> bool:
    """Return whether an origin, such as "http://localhost:7860", is that of the host that was called."""
    scheme, separator, rest = origin.partition("://")
    return bool(separator) and scheme in ("http", "https") and rest.lower() == host.lower()


def _cookie(headers: Headers) -> str:
    try:
        jar = SimpleCookie(headers.get("cookie", ""))
    except CookieError:
        return ""
    return jar[COOKIE].value if COOKIE in jar else ""


def _without_token(scope: Scope) -> str:
    query = [(name, value) for name, value in parse_qsl(scope["query_string"].decode("latin-1")) if name != "token"]
    return f"/?{urlencode(query)}" if query else "/"


def _error(status: int, message: str) -> Response:
    return JSONResponse({"error": message}, status)
