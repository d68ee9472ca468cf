"""Mails that were written as files, and one-time sign-in links."""

from __future__ import annotations

import re
from pathlib import Path

from django.conf import settings
from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from yesand.infra.environ import LOOPBACK
from yesand.infra.mail import recent
from yesand.people.entry import read_token
from yesand.web.errors import dead_end

CODE = re.compile(r"^[A-Z0-9]{3,4}-?[A-Z0-9]{3,4}$", re.MULTILINE)


@never_cache
@require_GET
def mails(request: HttpRequest) -> HttpResponse:
    """The newest mails, for browsers on this machine only; `?to=` keeps those to one address."""
    if request.META.get("REMOTE_ADDR") not in LOOPBACK:
        raise Http404
    found = []
    for mail in recent(Path(settings.HOME), to=request.GET.get("to", "")):
        code = CODE.search(mail.text)
        found.append({"mail": mail, "code": code.group() if code else ""})
    return render(request, "dev/mail.html", {"mails": found, "to": request.GET.get("to", "")})


@never_cache
@require_GET
def enter(request: HttpRequest, token: str) -> HttpResponse:
    """Sign a person in once. Opened again by the same person, it only opens the page."""
    known = read_token(token)
    if known is not None:
        person, to, unused = known
        if request.user == person:
            return redirect(to)
        if unused and to.startswith("/room/") and "Mobi" in request.headers.get("User-Agent", ""):
            # A camera read the printed picture; the link must stay good for the computer.
            return dead_end(
                request,
                title=_("Open this link on a computer"),
                why=_("A scene is played at a computer, in Chrome or Edge."),
                next_says=_("Send yourself this page's address. It still works, once."),
            )
        if unused:
            login(request, person, backend=settings.AUTHENTICATION_BACKENDS[0])
            return redirect(to)
    return dead_end(
        request,
        title=_("This sign-in link is used up"),
        why=_("It works once, within 24 hours, and only as it was printed."),
        next_says=_("Sign in with a code instead, or start the demo again for a new link."),
        links=[("/accounts/login/", _("Sign in with a code"))],
        status=410,
    )
