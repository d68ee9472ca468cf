"""What stands around every page: the nonce, the site, who is signed in and where they may go."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from yesand.people.models import Person
from yesand.people.reads import memberships_of


@dataclass(frozen=True)
class Entry:
    """One link of the navigation."""

    address: str
    words: str
    current: bool


def audience_of(path: str) -> str:
    """Whose page an address is: performer, rater, producer, lab, house or public."""
    head = path.split("/", 2)[1]
    return {
        "me": "performer",
        "room": "performer",
        "resume": "performer",
        "rater": "rater",
        "producer": "producer",
        "lab": "lab",
        "house": "house",
    }.get(head, "public")


def links_of(audience: str, slug: str = "") -> list[tuple[str, str]]:
    """(address, words) of an audience's navigation; slug names the program where one is open."""
    if audience == "performer":
        return [
            ("/me", _("Home")),
            ("/me/takes", _("My takes")),
            ("/me/money", _("Money")),
            ("/me/limits", _("My limits and grants")),
        ]
    if audience == "rater":
        return [("/rater", _("Home")), ("/rater/money", _("Money"))]
    if audience == "producer" and slug:
        base = f"/producer/{slug}"
        return [
            (base, _("Home")),
            (f"{base}/order", _("Orders")),
            (f"{base}/calls/", _("Casting")),
            (f"{base}/schedule", _("Schedule")),
            (f"{base}/live", _("Live")),
            (f"{base}/takes", _("Takes")),
            (f"{base}/releases", _("Releases")),
            (f"{base}/money", _("Money")),
            (f"{base}/deck", _("Deck")),
        ]
    if audience == "house":
        return [("/house/letters", _("Letters"))]
    if audience == "lab" and slug:
        return [(f"/lab/{slug}", _("Home"))]
    return [
        ("/#calls", _("Calls")),
        ("/#programs", _("Programs")),
        ("/#labs", _("Labs")),
        ("/#host", _("Self-host")),
    ]


def navigation(path: str, audience: str) -> list[Entry]:
    """The links of the audience a page belongs to; the longest fitting one is current."""
    parts = path.strip("/").split("/")
    slug = parts[1] if audience in {"producer", "lab"} and len(parts) > 1 else ""
    links = links_of(audience, slug)
    fitting = [
        address
        for address, _words in links
        if path == address or path.startswith(address.rstrip("/") + "/")
    ]
    current = max(fitting, key=len, default="")
    if parts[:2] == ["me", "consent"]:
        current = "/me/limits"
    elif parts[0] == "room" and parts[-1] == "exit":
        current = "/me/takes"
    return [Entry(address, words, address == current) for address, words in links]


def desks_of(person: Person) -> list[tuple[str, str, str]]:
    """(audience, address, words) of every desk a person has, one a role and program."""
    desks: list[tuple[str, str, str]] = []
    for membership in memberships_of(person):
        slug, name = membership.program.slug, membership.program.name
        if membership.role == "performer":
            desk = ("performer", "/me", _("Perform"))
        elif membership.role == "rater":
            desk = ("rater", "/rater", _("Rate"))
        elif membership.role == "producer":
            desk = ("producer", f"/producer/{slug}", _("Produce: %(name)s") % {"name": name})
        elif membership.role == "engineer":
            desk = ("lab", f"/lab/{slug}", _("Lab: %(name)s") % {"name": name})
        else:
            continue
        if desk not in desks:
            desks.append(desk)
    if person.is_staff:
        desks.append(("house", "/house/letters", _("Letters to the house")))
    return desks


def frame(request: HttpRequest) -> dict[str, Any]:
    """Context of every template: csp_nonce, site, nav, audience, desks, zone, dev_pages."""
    audience = audience_of(request.path)
    person = getattr(request, "user", None)
    return {
        "csp_nonce": getattr(request, "csp_nonce", ""),
        "site": settings.SITE_NAME,
        "audience": audience,
        "nav": navigation(request.path, audience),
        "desks": desks_of(person) if isinstance(person, Person) else [],
        "dev_pages": settings.DEV_PAGES,
    }


def zone_of(person: Any) -> zoneinfo.ZoneInfo:
    """The zone a person reads times in; UTC for strangers and for a zone this machine lacks."""
    try:
        return zoneinfo.ZoneInfo(getattr(person, "zone", "") or "UTC")
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return zoneinfo.ZoneInfo("UTC")


class OwnZone:
    """Every time on a page is in the zone of the person who reads it."""

    sync_capable = True
    async_capable = False

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with timezone.override(zone_of(getattr(request, "user", None))):
            return self.get_response(request)
