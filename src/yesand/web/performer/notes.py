"""The players' notes after a scene: a few moments, two halves each, then six quick taps.

The order of the halves is drawn per moment and stored; neither player sees the other's answers.
"""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from yesand.consent import reads as consent
from yesand.kit.errors import Refused
from yesand.labels import actions, reads, rules
from yesand.labels.models import Item
from yesand.stage import actions as stage
from yesand.stage.models import Cue, Place, Take
from yesand.web.access import own_take, person_of
from yesand.web.performer import own_takes
from yesand.web.performer.safety import report_form
from yesand.web.rater.words import CATEGORY_WORDS, INTENSITY_WORDS
from yesand.web.sent import whole

PADS = ("self_valence", "self_arousal", "partner_valence", "partner_arousal")


class SceneForm(forms.Form):
    """Six quick taps, every one optional."""

    natural = forms.TypedChoiceField(
        choices=[(n, n) for n in range(1, 6)], coerce=int, empty_value=None, required=False
    )
    grounded = forms.TypedChoiceField(
        choices=[(n, n) for n in range(1, 6)], coerce=int, empty_value=None, required=False
    )
    human = forms.TypedChoiceField(
        choices=[(n, n) for n in range(1, 6)], coerce=int, empty_value=None, required=False
    )
    fun = forms.TypedChoiceField(
        choices=[(n, n) for n in range(1, 6)], coerce=int, empty_value=None, required=False
    )
    self_valence = forms.IntegerField(min_value=1, max_value=7, required=False)
    self_arousal = forms.IntegerField(min_value=1, max_value=7, required=False)
    partner_valence = forms.IntegerField(min_value=1, max_value=7, required=False)
    partner_arousal = forms.IntegerField(min_value=1, max_value=7, required=False)
    landed = forms.TypedChoiceField(
        choices=[("yes", "yes"), ("no", "no")],
        coerce=lambda said: said == "yes",
        empty_value=None,
        required=False,
    )
    keep_out = forms.CharField(max_length=1000, required=False)


def order_of(take: Take, role: str, moment: int) -> int:
    """0: own character first; 1: the partner's. Drawn from the take's id, so it can be stored."""
    return uuid.uuid5(take.pk, f"{role}:{moment}").int & 1


@login_required
@require_http_methods(["GET", "POST"])
def notes(request: HttpRequest, session: uuid.UUID, take: uuid.UUID) -> HttpResponse:
    """Step `at` of the notes: two halves a moment, then the whole take."""
    row, role = own_take(request, take)
    if row.scene.session_id != session:
        return redirect("performer:notes", session=row.scene.session_id, take=row.pk)
    if row.state == "open":
        return redirect(f"/room/{session}")
    actions.make_items(row.pk)
    moments = reads.moments_of(row)
    at = min(whole(request.GET.get("at")) or 0, 2 * len(moments))
    if at == 2 * len(moments):
        return _whole(request, row, role)
    return _half(request, row, role, moments, at)


def _after_scene(request: HttpRequest, row: Take) -> dict[str, Any]:
    """What stands beside the notes: strike this take, say that something was not right."""
    own = own_takes.one(person_of(request), row)
    return {"own": own, **report_form(row.scene.session, [row], request.get_full_path())}


def _step(row: Take, at: int) -> HttpResponseRedirect:
    return HttpResponseRedirect(f"/room/{row.scene.session_id}/notes/{row.pk}?at={at}")


def _after(row: Take, place: Place) -> HttpResponseRedirect:
    """Where the last answer leads: the stage, or the exit page once the room is closed to them."""
    if place.left_at is not None or place.session.state == "ended":
        return redirect("performer:exit", session=row.scene.session_id)
    return redirect("performer:stage", session=row.scene.session_id)


def _partner(row: Take, role: str) -> Place:
    return row.scene.session.places.exclude(role=role).get()


def _half(
    request: HttpRequest,
    row: Take,
    role: str,
    moments: list[tuple[float, float, list[Item]]],
    at: int,
) -> HttpResponse:
    number, half = divmod(at, 2)
    start, end, _items = moments[number]
    order = order_of(row, role, number)
    about_own = half == order
    cue = _cue_at(row, role, start)
    person = person_of(request)
    may_say_own = consent.covers(person, "own", timezone.now(), program=row.scene.session.program)
    if request.method == "POST" and "skip" not in request.POST:
        form = request.POST
        said = rules.read_answer(
            form.get("primary", ""),
            form.get("intensity"),
            form.getlist("secondary"),
            form.get("other_word", ""),
        )
        answer = actions.MomentAnswer(
            start=start,
            own=said if about_own else None,
            partner=None if about_own else said,
            sure={"sure": True, "guess": False}.get(form.get("sure", "")),
            felt=form.get("felt", "") if about_own else "",
            order=order,
        )
        try:
            actions.note_moment(row, person, answer)
            if about_own and cue and form.get("offer") in ("took", "bent", "let_go"):
                stage.cue_response(cue, form["offer"])
        except Refused as e:
            messages.error(request, " ".join(p.says for p in e.problems))
            return _step(row, at)
        return _step(row, at + 1)
    if request.method == "POST":
        return _step(row, 2 * (number + 1))
    partner = _partner(row, role)
    return render(
        request,
        "notes/half.html",
        {
            **_after_scene(request, row),
            "take": row,
            "number": number + 1,
            "steps": range(1, len(moments) + 1),
            "count": len(moments),
            "at": at,
            "back": at - 1,
            "about_own": about_own,
            "partner": partner,
            "character": _character(row, role if about_own else partner.role),
            "minute": f"{int(start) // 60}:{int(start) % 60:02d}",
            "seconds": round(end - start, 1),
            "cue": cue if about_own and cue and not cue.response else None,
            "from_ms": cue.displayed_client_ms if cue and cue.displayed_client_ms else None,
            "to_ms": cue.displayed_client_ms + 1000 * (end - start)
            if cue and cue.displayed_client_ms
            else None,
            "may_say_own": may_say_own,
            "grid": [(name, key, CATEGORY_WORDS[name]) for name, key in rules.GRID],
            "strengths": [(n, INTENSITY_WORDS[n]) for n in rules.INTENSITIES],
        },
    )


def _cue_at(row: Take, role: str, start: float) -> Cue | None:
    for cue in row.cues.filter(role=role, displayed_at__isnull=False):
        if abs((cue.displayed_at or 0) - row.opened_at - start) < 0.002:
            return cue
    return None


def _character(row: Take, role: str) -> str:
    body: dict[str, Any] = row.scene.prompt.body if row.scene.prompt else {}
    return str(body.get("roles", {}).get(role, {}).get("alias", ""))


def _whole(request: HttpRequest, row: Take, role: str) -> HttpResponse:
    form = SceneForm(request.POST or None)
    body: dict[str, Any] = row.scene.prompt.body if row.scene.prompt else {}
    target = body.get("target_line")
    if request.method == "POST" and form.is_valid():
        values = dict(form.cleaned_data)
        keep_out = values.pop("keep_out")
        answered = values.pop("landed")
        landed = answered if target else None
        actions.note_scene(row, person_of(request), values, keep_out, landed)
        place = row.scene.session.places.get(role=role)
        stage.notes_done(row.scene.session, place, str(row.pk), nonce=f"notes-{row.pk}"[:40])
        return _after(row, place)
    questions = [
        ("natural", _("Natural to play"), _("put on"), _("as if it just happened")),
        ("grounded", _("Grounded"), _("floating"), _("on firm ground")),
        ("human", _("Human"), _("a sketch"), _("a person")),
        ("fun", _("Fun"), _("not much"), _("a lot")),
    ]
    pads = [
        ("self", _("Your character, overall")),
        ("partner", _("Your partner's character, overall")),
    ]
    return render(
        request,
        "notes/whole.html",
        {
            **_after_scene(request, row),
            "take": row,
            "form": form,
            "questions": questions,
            "pads": pads,
            "target": target,
            "five": range(1, 6),
            "seven": range(1, 8),
            "partner": _partner(row, role),
            "back": max(0, 2 * len(reads.moments_of(row)) - 1),
        },
    )
