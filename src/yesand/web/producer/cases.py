"""What people ask of the producer or of the house: disputes, appeals, complaints, each answered."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from yesand.cases import actions, reads
from yesand.cases.access import answers_house
from yesand.cases.models import Case
from yesand.kit.errors import Refused
from yesand.matching import blocking
from yesand.people.models import Person, Program
from yesand.post import reads as post
from yesand.recording.reads import erased
from yesand.stage.reads import take as take_of
from yesand.web.access import person_of, program_for
from yesand.web.producer import case_sound
from yesand.web.producer.take_words import minutes_seconds

KINDS = {
    "safety": gettext_lazy("safety report"),
    "help": gettext_lazy("asks for help"),
    "complaint": gettext_lazy("complaint"),
    "finding": gettext_lazy("answer to a finding"),
    "appeal": gettext_lazy("appeal"),
    "dispute": gettext_lazy("dispute"),
    "in_recording": gettext_lazy("may be in a recording"),
}
DECISIONS = {
    "upheld": gettext_lazy("They are right"),
    "refused": gettext_lazy("It stays as it was"),
    "settled": gettext_lazy("Settled together"),
    "nothing_found": gettext_lazy("Nothing was found"),
    "taken_out": gettext_lazy("Taken out"),
    "cleared": gettext_lazy("Looked at and cleared"),
}


@login_required
@require_http_methods(["GET", "POST"])
def cases(request: HttpRequest, slug: str) -> HttpResponse:
    """Everything that waits for a human, the most urgent first; what was answered below."""
    program = program_for(request, slug, "producer")
    return _desk(request, program, reads.open_in(program, person_of(request)))


@login_required
@require_http_methods(["GET", "POST"])
def house(request: HttpRequest) -> HttpResponse:
    """Letters about no program, for who answers for the house; nobody else sees there are any."""
    if not answers_house(person_of(request)):
        raise Http404
    return _desk(request, None, reads.open_in_house(person_of(request)))


def _desk(request: HttpRequest, program: Program | None, waiting: list[Case]) -> HttpResponse:
    problem, wrong = "", ""
    if request.method == "POST":
        row = _case(request.POST.get("case", ""), program, person_of(request))
        try:
            actions.decide(
                row,
                person_of(request),
                request.POST.get("decision", ""),
                request.POST.get("reason", ""),
            )
        except Refused as refused:
            problem, wrong = refused.problems[0].says, str(row.pk)
        else:
            messages.success(
                request,
                _("Answered. Your reason goes to them by mail.")
                if row.contact
                else _("Answered. The person reads your reason now."),
            )
            return redirect(request.path)
    now = timezone.now()
    return render(
        request,
        "producer/cases.html",
        {
            "program": program,
            "rows": [
                {
                    "case": case,
                    "kind": KINDS.get(case.kind, case.kind),
                    "late": case.due_at < now,
                    "take": take_of(case.subject) if case.subject_kind == "take" else None,
                    "marked": _marked(case),
                    "apart": _apart(case),
                    "problem": problem if str(case.pk) == wrong else "",
                    "reason": request.POST.get("reason", "") if str(case.pk) == wrong else "",
                }
                for case in waiting
            ],
            "decided": [
                {
                    "case": case,
                    "kind": KINDS.get(case.kind, case.kind),
                    "decision": DECISIONS.get(case.decision, case.decision),
                }
                for case in reads.decided_in(program, reader=person_of(request))
            ],
            "decisions": list(DECISIONS.items()),
        },
        status=409 if problem else 200,
    )


def _marked(case: Case) -> dict[str, str] | None:
    """The marked minute of a safety report: where in the take, and its sound once it is here."""
    take = case_sound.take_of(case)
    if take is None:
        return None
    start, end = case_sound.span_of(case, take)
    here = all(post.track_key(take, role) for role in "ab") and not erased(take.pk)
    return {
        "from": minutes_seconds(start),
        "to": minutes_seconds(end),
        "sound": reverse("producer:case_sound", args=[case.pk]) if here else "",
    }


def _apart(case: Case) -> bool:
    """True where the two of a report will not be paired again; only this desk learns it."""
    known = case.kind == "safety" and case.about is not None and case.opened_by is not None
    return known and blocking.apart(case.opened_by, case.about)  # type: ignore[arg-type]


def _case(text: str, program: Program | None, reader: Person) -> Case:
    try:
        found = Case.objects.filter(pk=uuid.UUID(text), program=program).first()
    except ValueError:
        raise Http404 from None
    if found is None or found.about_id == reader.pk:
        raise Http404
    return found
