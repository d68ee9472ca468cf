"""A page for everything that goes wrong, with a reference and what to do next.

`Refusals` turns a house's `Refused` into an answer: JSON for scripts, a short alert for htmx, a
whole page for a person. Views that end in a dead end (a used-up slot, a closed program) call
`dead_end`, which always says why, what happens next and what it pays.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template import loader
from django.utils.translation import gettext as _

from yesand.infra.logs import bound
from yesand.kit.errors import Problem, Refused
from yesand.web.sent import storable

#: Statuses of refusals by code, or by the code's first or last word. Everything else is 400.
NOT_THERE = frozenset({"not_found", "not_yours", "no_such", "gone"})
FORBIDDEN = frozenset({"forbidden", "not_allowed", "not_adult", "not_verified", "consent"})
CONFLICT = frozenset(
    {
        "taken",
        "closed",
        "used",
        "already",
        "late",
        "over",
        "ended",
        "changed",
        "held",
        "conflict",
        "short",
        "busy",
        "state",
        "full",
    }
)


def status_of(code: str) -> int:
    """The HTTP status of a refusal: 404, 403, 409, 429 or 400."""
    if code == "too_often":
        return 429
    words = code.split("_")
    keys = {code, words[0], words[-1], "_".join(words[:2])}
    if keys & NOT_THERE:
        return 404
    if keys & FORBIDDEN:
        return 403
    return 409 if keys & CONFLICT else 400


def wants_json(request: HttpRequest) -> bool:
    """True for scripts: an address of the API, or a caller that asks for JSON."""
    accept = request.headers.get("Accept", "")
    return request.path.startswith("/api/") or (
        "application/json" in accept and "text/html" not in accept
    )


def as_json(status: int, problems: Sequence[Problem]) -> JsonResponse:
    """One refusal for a script: {code, says, where, problems, reference}."""
    first = problems[0]
    return JsonResponse(
        {
            "code": first.code,
            "says": first.says,
            "where": first.where,
            "problems": [vars(problem) for problem in problems],
            "reference": bound("request"),
        },
        status=status,
    )


def dead_end(
    request: HttpRequest,
    *,
    title: str,
    why: str,
    next_says: str = "",
    pays: str = "",
    links: Sequence[tuple[str, str]] = (),
    status: int = 200,
    problems: Sequence[Problem] = (),
) -> HttpResponse:
    """A page that says why this goes no further, what happens next and what it pays.

    links: (address, words), the first is the main one. pays: "" where no money is involved.
    """
    return render(
        request,
        "errors/page.html",
        {
            "title": title,
            "why": why,
            "next_says": next_says,
            "pays": pays,
            "links": links,
            "problems": problems,
            "reference": bound("request"),
            "status": status,
        },
        status=status,
    )


def refused(request: HttpRequest, error: Refused) -> HttpResponse:
    """The answer to a refusal that no view caught."""
    status = status_of(error.code)
    if wants_json(request):
        return as_json(status, error.problems)
    if getattr(request, "htmx", False):
        return alert(request, error)
    if status == 404:
        return not_found(request)
    return dead_end(
        request,
        title=_("That did not work"),
        why=error.problems[0].says,
        next_says=_("Nothing was changed. Go back, change what is named here and try again."),
        links=[(_back(request), _("Go back")), ("/", _("Start page"))],
        status=status,
        problems=error.problems if len(error.problems) > 1 or error.problems[0].where else (),
    )


def alert(request: HttpRequest, error: Refused) -> HttpResponse:
    """For htmx: the refusal in the page's alert line; what it wanted to replace stays."""
    answer = render(
        request,
        "errors/_alert.html",
        {"problems": error.problems},
        status=status_of(error.code),
    )
    answer["HX-Retarget"], answer["HX-Reswap"] = "#alerts", "innerHTML"
    return answer


def _back(request: HttpRequest) -> str:
    """The page the person came from, where it is one of ours; else the start page."""
    came = request.headers.get("Referer", "")
    ours = f"{request.scheme}://{request.get_host()}/"
    return came if came.startswith(ours) else "/"


class Refusals:
    """Catches `Refused` from every view, and texts that no row could keep before any view."""

    sync_capable = True
    async_capable = False

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        sent = (request.GET, request.POST)
        texts = (v for form in sent for _key, values in form.lists() for v in values)
        if not storable(request.path) or not all(map(storable, texts)):
            return bad_request(request)
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        return refused(request, error) if isinstance(error, Refused) else None


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400: what was sent could not be read."""
    says = _("What your browser sent could not be read.")
    if wants_json(request):
        return as_json(400, [Problem("bad_request", "", says)])
    return dead_end(
        request,
        title=_("We could not read that"),
        why=says,
        next_says=_("Load the page again and repeat what you did."),
        links=[("/", _("Start page"))],
        status=400,
    )


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403: signed in, and still not for this person."""
    says = _("This is not open to you.")
    if wants_json(request):
        return as_json(403, [Problem("forbidden", "", says)])
    return dead_end(
        request,
        title=says,
        why=_("Your account has no part in what you asked for."),
        next_says=_("If it should have one, ask the person who invited you."),
        links=[("/", _("Start page"))],
        status=403,
    )


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404: no such page, or not one that exists for this person. The two look the same."""
    if wants_json(request):
        return as_json(404, [Problem("not_found", "", _("There is nothing at this address."))])
    links = [("/", _("Start page"))]
    person = getattr(request, "user", None)
    if person is None or not person.is_authenticated:
        links.insert(0, (f"/accounts/login/?next={request.path}", _("Sign in")))
    return dead_end(
        request,
        title=_("There is nothing here for you"),
        why=_("The address has no page, or its page belongs to somebody else."),
        next_says=_(
            "If somebody gave you this link, they may have meant another account, "
            "or what it showed is over."
        ),
        links=links,
        status=404,
    )


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403: the form's token was missing or old."""
    says = _("This form was open too long or came from another page.")
    if wants_json(request):
        return as_json(403, [Problem("csrf", "", says)])
    return dead_end(
        request,
        title=_("Please send that once more"),
        why=says,
        next_says=_("Nothing was changed. Go back, load the page again and repeat it."),
        links=[(_back(request), _("Go back"))],
        status=403,
    )


def broken(request: HttpRequest) -> HttpResponse:
    """500: our fault. Needs no database, no session and no person."""
    reference = bound("request")
    if wants_json(request):
        return as_json(500, [Problem("broken", "", _("Something broke on our side."))])
    page = loader.get_template("errors/broken.html")
    context: dict[str, Any] = {"reference": reference}
    return HttpResponse(page.render(context), status=500)
