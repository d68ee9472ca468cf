"""What a script sends and gets: one JSON object each way, refusals in words.

A refusal is `{"code", "says"}` beside the `error` object every API answer has.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _

from yesand.kit.errors import Problem, Refused, refuse
from yesand.web.errors import as_json, status_of
from yesand.web.sent import read_json

View = Callable[..., HttpResponse]
MAX_BODY = 512 * 1024


def read_body(request: HttpRequest) -> dict[str, Any]:
    """The JSON object a script sent. Raises Refused where it is none."""
    if len(request.body) > MAX_BODY:
        raise refuse("body_too_large", _("This is more than a page of ours sends."), "body")
    try:
        body = read_json(request.body or b"{}")
    except ValueError:
        raise refuse("bad_json", _("The body is not JSON."), "body") from None
    if not isinstance(body, dict):
        raise refuse("bad_json", _("The body must be one JSON object."), "body")
    return body


def refusal(problems: tuple[Problem, ...], status: int) -> JsonResponse:
    """A refusal as a script reads it: code and says at the top, everything under error."""
    answer = as_json(status, problems)
    whole = json.loads(answer.content)
    first = problems[0]
    return JsonResponse({"code": first.code, "says": first.says, **whole}, status=status)


def scripts(view: View) -> View:
    """For views that scripts call: who is not signed in gets 401, a refusal its status."""

    @functools.wraps(view)
    def answered(request: HttpRequest, *words: Any, **named: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            says = _("You are signed out. Sign in again in another tab, then go on here.")
            return refusal((Problem("signed_out", "", says),), 401)
        try:
            return view(request, *words, **named)
        except Refused as error:
            return refusal(error.problems, status_of(error.code))

    return answered
