"""What a page of ours may load, what it may ask of the browser, and what a browser may keep.

Every response carries a policy with a fresh nonce; templates write
`<script nonce="{{ request.csp_nonce }}">`. Nothing from another origin runs, ever. An answer
that depends on who asks is kept by no browser and no proxy, unless its view said otherwise.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from yesand.infra import secrets as keys
from yesand.infra.environ import LOOPBACK

#: Whoever sends one of these speaks for somebody else.
FORWARDED = (
    "Forwarded",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Proto",
    "X-Real-IP",
    "Via",
)


def policy(nonce: str, base_url: str, door_url: str) -> str:
    """The Content-Security-Policy of one response."""
    base = urlsplit(base_url)
    socket = urlunsplit(("wss" if base.scheme == "https" else "ws", base.netloc, "", "", ""))
    parts = {
        "default-src": "'self'",
        "script-src": f"'self' 'nonce-{nonce}'",
        "style-src": f"'self' 'nonce-{nonce}'",
        "img-src": "'self' blob: data:",
        "media-src": "'self' blob: data:",
        "font-src": "'self'",
        "worker-src": "'self' blob:",
        "connect-src": f"'self' {door_url} {socket}",
        "form-action": "'self'",
        "base-uri": "'none'",
        "object-src": "'none'",
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in parts.items())


class ContentSecurityPolicy:
    """Sets `request.csp_nonce` before the view and the headers after it."""

    sync_capable = True
    async_capable = False

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        nonce = secrets.token_urlsafe(16)
        request.csp_nonce = nonce  # type: ignore[attr-defined]
        response = self.get_response(request)
        response.setdefault(
            "Content-Security-Policy", policy(nonce, settings.BASE_URL, settings.DOOR_URL)
        )
        response.setdefault(
            "Permissions-Policy",
            "camera=(self), microphone=(self), display-capture=(), geolocation=(), payment=()",
        )
        response.setdefault("Referrer-Policy", "same-origin")
        if "cookie" in response.get("Vary", "").lower():
            response.setdefault("Cache-Control", "private, no-store")
        return response


def may_scrape(request: HttpRequest) -> bool:
    """May this caller read the figures of the house?

    With `Authorization: Bearer` and the word in secrets/metrics from anywhere. Without it only a
    peer on this machine that speaks for itself: a proxy in front makes every visitor look local,
    so a deployment behind one asks everybody for the word.
    """
    kind, _, word = request.headers.get("Authorization", "").partition(" ")
    if kind:
        known = keys.read(settings.HOME, "metrics").hex()
        same = hmac.compare_digest(word.strip().encode(), known.encode())
        return kind.lower() == "bearer" and same
    behind_proxy = settings.SECURE_PROXY_SSL_HEADER is not None
    local = request.META.get("REMOTE_ADDR") in LOOPBACK
    return local and not behind_proxy and not any(name in request.headers for name in FORWARDED)
