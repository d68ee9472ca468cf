"""Consent as cards: one per purpose, each refusable, apart from the terms."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from yesand.consent import actions, reads, rules
from yesand.consent.models import Grant
from yesand.kit.errors import refuse
from yesand.matching import reads as matching
from yesand.people import access
from yesand.people.models import Person, Program
from yesand.web.access import person_of, program_for
from yesand.web.purposes import MEANINGS, Meaning


@dataclass(frozen=True)
class Shown:
    """A card with what the use means in words."""

    card: reads.Card
    meaning: Meaning


def _shown(person: Person, program: Program, codes: list[str]) -> list[Shown]:
    now = timezone.now()
    found = [reads.card_of(person, program, code, now) for code in codes]
    return [Shown(card, MEANINGS[card.purpose]) for card in found if card is not None]


@login_required
@require_http_methods(["GET", "POST"])
def consent(request: HttpRequest, slug: str) -> HttpResponse:
    """Read, sign and withdraw. Nothing on this page is ticked for anybody."""
    program = program_for(request, slug)
    person = person_of(request)
    if request.method == "POST":
        return _post(request, person, program)
    roles = access.roles(person, program)
    playing = "performer" in roles
    asked = [code for code in program.purposes if code in rules.PURPOSES]
    first = [code for code in rules.PREEXPLAINED if code in asked]
    apart = [code for code in asked if code not in first]
    signed = ["terms"] if playing else []
    if "rater" in roles:
        signed.append("rater_terms")
    return render(
        request,
        "performer/consent.html",
        {
            "program": program,
            "signatures": _shown(person, program, signed),
            "first": _shown(person, program, first) if playing else [],
            "apart": _shown(person, program, apart) if playing else [],
            "extra": _shown(person, program, ["solo_use", "own"]) if playing else [],
            "never": [reads.title_of(code) for code in rules.PURPOSES if code not in asked],
            "playing": playing,
            # Before anything is signed: who of the partners ahead is no human.
            "not_human": matching.partners_not_human(person, program),
            "history": [
                (
                    row,
                    isinstance(row, Grant),
                    reads.title_of(row.purpose) if row.purpose != "all" else _("Everything"),
                )
                for row in reads.history(person, program)
            ],
            "next": request.GET.get("next", ""),
        },
    )


def _title(purpose: str) -> str:
    return _("Everything") if purpose == rules.ALL else reads.title_of(purpose)


def _post(request: HttpRequest, person: Person, program: Program) -> HttpResponse:
    purpose = request.POST.get("purpose", "")
    answer = request.POST.get("answer", "")
    if answer not in ("grant", "withdraw"):
        raise refuse("bad_answer", _("Sign, or withdraw."), "answer")
    if answer == "withdraw":
        actions.withdraw(person, program, purpose)
        messages.success(
            request,
            _("Withdrawn. It reaches every take of this program. You keep what you earned."),
        )
    else:
        grant = actions.grant(person, program, purpose)
        messages.success(
            request,
            _("Signed: %(title)s. Your receipt begins with %(hash)s.")
            % {"title": reads.title_of(purpose), "hash": grant.receipt_sha256[:8]},
        )
    return redirect(f"/me/consent/{program.slug}#use-{purpose}")
