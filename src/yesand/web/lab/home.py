"""The engineer's home: three lines that work, releases, notices, models."""

from __future__ import annotations

import uuid
from pathlib import Path

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from yesand.evaluation import actions as evaluation_actions
from yesand.evaluation import reads as evaluation
from yesand.kit.errors import Refused
from yesand.people.models import Program
from yesand.release import actions, reads
from yesand.release.models import Release, Revocation
from yesand.web.access import chosen, person_of, program_for
from yesand.web.lab import figures
from yesand.web.producer.left_out import WORDS
from yesand.web.public import wheel

#: Files of a release that are read in the browser.
PAPERS = {
    "DATASHEET.md": "text/plain",
    "README.md": "text/plain",
    "LICENSE": "text/plain",
    "dictionary.json": "application/json",
    "release.json": "application/json",
    "errata.jsonl": "text/plain",
}


def _program(request: HttpRequest, slug: str) -> Program:
    return program_for(request, slug, "engineer", "producer")


def _published(request: HttpRequest, program: Program) -> Release:
    """The release a form names, of this program and published."""
    return chosen(Release, request.POST.get("release"), program=program, published_at__isnull=False)


@login_required
@require_http_methods(["GET", "POST"])
def home(request: HttpRequest, slug: str) -> HttpResponse:
    """Token and three lines first; then the newest release, notices, models and the map."""
    program = _program(request, slug)
    engineer = person_of(request)
    token = ""
    do = request.POST.get("do", "")
    if do == "token":
        token = actions.give_token(program, engineer)
    elif do == "confirm":
        row = chosen(Revocation, request.POST.get("number"), program=program)
        actions.confirm(row, engineer)
        messages.success(request, _("Confirmed. The performer sees that it is out."))
        return redirect("lab:home", slug=slug)
    elif do == "model":
        picked = _published(request, program)
        try:
            actions.register_model(picked, request.POST.get("name", ""), engineer)
        except Refused as e:
            messages.error(request, str(e))
        return redirect("lab:home", slug=slug)
    elif do == "evaluate":
        evaluation_run = evaluation_actions.ask(_published(request, program))
        return redirect("lab:evaluation", slug=slug, run=evaluation_run.pk)
    shown = figures.rows(reads.releases(program, published=True), engineer)
    newest = next((row for row in shown if row.release.state == "published"), None)
    notices = reads.unconfirmed(program, engineer)
    return render(
        request,
        "lab/home.html",
        {
            "program": program,
            "token": token,
            "base_url": settings.BASE_URL,
            "wheel": wheel.address(),
            "newest": newest,
            "emptied": bool(shown) and newest is None,
            "changed": figures.changed(newest.release, shown) if newest else None,
            "releases": shown,
            "notices": [figures.Notice(row, timezone.localdate()) for row in notices],
            "models": reads.models_of(program),
            "runs": evaluation.runs_of(program)[:5],
        },
    )


@login_required
def release(request: HttpRequest, slug: str, release: uuid.UUID) -> HttpResponse:
    """One release: figures, papers, what was left out."""
    program = _program(request, slug)
    row = get_object_or_404(Release, pk=release, program=program, published_at__isnull=False)
    folder = actions.folder_of(row)
    return render(
        request,
        "lab/release.html",
        {
            "program": program,
            "release": row,
            "length": figures.length(row.figures["hours"]),
            "papers": [name for name in PAPERS if (folder / name).is_file()],
            "left_out": [
                (WORDS.get(code, code), n) for code, n in row.figures.get("left_out", {}).items()
            ],
            "runs": evaluation.runs_of(program, row),
        },
    )


@login_required
def paper(request: HttpRequest, slug: str, release: uuid.UUID, file: str) -> HttpResponse:
    """A paper of a release, as text."""
    program = _program(request, slug)
    row = get_object_or_404(Release, pk=release, program=program, published_at__isnull=False)
    path: Path = actions.folder_of(row) / file
    if file not in PAPERS or not path.is_file():
        raise Http404
    return HttpResponse(path.read_bytes(), content_type=f"{PAPERS[file]}; charset=utf-8")
