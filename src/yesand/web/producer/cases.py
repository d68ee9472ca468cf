"""What people ask of the producer or of the house: disputes, appeals, complaints, each answered."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from yesand.cases import actions, reads
from yesand.cases.access import answers_house
from yesand.cases.models import Case
from yesand.kit.errors import Refused
from yesand.people.models import Program
from yesand.stage.reads import take as take_of
from yesand.web.access import person_of, program_for

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
    return _desk(request, program, reads.open_in(program))


@login_required
@require_http_methods(["GET", "POST"])
def house(request: HttpRequest) -> HttpResponse:
    """Letters about no program, for who answers for the house; nobody else sees there are any."""
    if not answers_house(person_of(request)):
        raise Http404
    return _desk(request, None, reads.open_in_house())


def _desk(request: HttpRequest, program: Program | None, waiting: list[Case]) -> HttpResponse:
    problem, wrong = "", ""
    if request.method == "POST":
        row = _case(request.POST.get("case", ""), program)
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
                for case in reads.decided_in(program)
            ],
            "decisions": list(DECISIONS.items()),
        },
        status=409 if problem else 200,
    )


def _case(text: str, program: Program | None) -> Case:
    try:
        found = Case.objects.filter(pk=uuid.UUID(text), program=program).first()
    except ValueError:
        raise Http404 from None
    if found is None:
        raise Http404
    return found
