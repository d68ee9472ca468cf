"""Writing a card: YAML beside what the players will see, saved as versions; files in and out."""

from __future__ import annotations

import difflib
import io
import uuid
import zipfile
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from yesand.commission import actions, cards
from yesand.commission import deck_reads as reads
from yesand.commission.models import Prompt
from yesand.commission.prompt_schema import line_of, read_loosely
from yesand.kit.errors import Problem, Refused, refuse
from yesand.people.models import Program
from yesand.web.access import chosen, person_of, program_for
from yesand.web.producer import deck
from yesand.web.producer.deck_words import in_words
from yesand.web.sent import storable

MOST_BYTES = 8 << 20
"""All files of one import together, unpacked."""
START = """\
schema: 1
id:
version: 1
language: en
title:
author:
rights:
shape: improvised
family: friends
tone: light
relationship: friends
word: what players read for it
power: equal
premise: >-
  Who, where, today: at most 35 words.
roles:
  a:
    alias:
    want: to get them to
    secret:
    soft_spot:
  b:
    alias:
    want: to make them
    secret:
    soft_spot:
turns:
  - {at: 1, role: a, action: , aim: {emotion: joy, intensity: 1}}
  - {at: pull, role: b, action: , aim: {emotion: neutral}}
ways_out:
  - 
minutes_hint: 5
session_slot: any
tags: []
likely_cells: []
"""


def _open(request: HttpRequest, slug: str) -> Program:
    """The program of a producer who may write; a closed one only reads."""
    program = program_for(request, slug, "producer")
    if program.closed_at is not None:
        raise refuse("program_closed", _("This program is closed; its producers only read."))
    return program


@login_required
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest, slug: str) -> HttpResponse:
    """A card from nothing, or beside another one: a minimal pair, or told again elsewhere."""
    program = _open(request, slug)
    if request.method == "POST":
        return _answer(request, program, None)
    text, source = START, request.GET.get("from")
    if source:
        parent = chosen(Prompt, source)
        language = request.GET.get("language", "")
        text = cards.pair_text(parent, language if language.replace("-", "").isalnum() else "")
        return _editor(request, program, text, parent=parent)
    return _editor(request, program, text)


@login_required
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, slug: str, prompt: uuid.UUID) -> HttpResponse:
    """The newest version of a card as YAML; an older one leads there."""
    program = _open(request, slug)
    found = chosen(Prompt, str(prompt))
    if request.method == "POST":
        return _answer(request, program, found)
    newest = reads.versions(found)[0]
    if newest.pk != found.pk:
        return redirect("producer:edit_card", slug=slug, prompt=newest.pk)
    return _editor(request, program, cards.text_of(found), found)


def _answer(request: HttpRequest, program: Program, base: Prompt | None) -> HttpResponse:
    """What was typed: shown while typing, or saved. What cannot be saved stays as it was typed."""
    text = request.POST.get("yaml", "").replace("\r\n", "\n")
    if getattr(request, "htmx", False):
        return render(request, "producer/_deck_answer.html", _read(text) | {"live": True})
    if base is not None:
        base = chosen(Prompt, request.POST.get("base"), slug=base.slug, language=base.language)
    try:
        if not storable(text):
            raise refuse("bad_value", _("A character in it cannot be kept; type it anew."))
        saved = actions.save_card(text, person_of(request), base)
    except Refused as refused:
        stale = "stale" in [problem.code for problem in refused.problems]
        return _editor(request, program, text, base, refused.problems, status=409 if stale else 400)
    messages.success(
        request,
        _("Saved as version %(n)d, a draft: nobody is dealt it until it is live.")
        % {"n": saved.version},
    )
    return redirect("producer:card", slug=program.slug, prompt=saved.pk)


def _editor(
    request: HttpRequest,
    program: Program,
    text: str,
    base: Prompt | None = None,
    problems: tuple[Problem, ...] = (),
    status: int = 200,
    parent: Prompt | None = None,
) -> HttpResponse:
    context = _read(text) | {"program": program, "text": text, "base": base, "parent": parent}
    context["unsaved"] = bool(problems)
    context["rows"] = max(20, text.count("\n") + 2)
    context["said"] = [p for p in problems if p.code in {"stale", "nothing_changed", "bad_value"}]
    at_line = [_at(problem) for problem in problems if problem not in context["said"]]
    if problems:
        context["at_line"] = at_line
    if any(problem.code == "stale" for problem in problems) and base is not None:
        context["theirs"] = theirs = reads.versions(base)[0]
        context["change"] = _diff(cards.text_of(base), cards.text_of(theirs))
    return render(request, "producer/deck_editor.html", context, status=status)


def _read(text: str) -> dict[str, Any]:
    """Problems and notices by line, and the card as it would look so far."""
    read = read_loosely(text, cards.FILE) if storable(text) else None
    if read is None:
        return {"at_line": [], "notices": [], "shown": None}
    return {
        "at_line": [_at(problem) for problem in read.problems],
        "notices": [_at(problem) for problem in read.notices],
        "shown": in_words(read.card) if read.card is not None else None,
    }


def _at(problem: Problem) -> dict[str, Any]:
    _file, _line, name = (*problem.where.split(":", 2), "", "")[:3]
    return {"line": line_of(problem) or 1, "name": name.strip(), "says": problem.says}


def _diff(before: str, after: str) -> list[tuple[str, str]]:
    """(sign, line) of what somebody else changed, without what stayed."""
    rows = difflib.ndiff(before.splitlines(), after.splitlines())
    return [(row[0], row[2:]) for row in rows if row[0] in "+-"]


@login_required
@require_POST
def step(request: HttpRequest, slug: str, prompt: uuid.UUID) -> HttpResponse:
    """Another status for one version, or the last change taken back."""
    program = _open(request, slug)
    found = chosen(Prompt, str(prompt))
    person = person_of(request)
    undo = request.POST.get("undo")
    try:
        if undo:
            actions.undo_status(found, undo, person)
            messages.success(request, _("Taken back: as it was before."))
        else:
            actions.set_status(found, request.POST.get("status", ""), person)
    except Refused as refused:
        messages.error(request, refused.problems[0].says)
    return redirect("producer:card", slug=program.slug, prompt=found.pk)


@login_required
@require_safe
def as_yaml(request: HttpRequest, slug: str, prompt: uuid.UUID) -> HttpResponse:
    """One version of a card as the file that reads back to it."""
    program_for(request, slug, "producer")
    found = chosen(Prompt, str(prompt))
    answer = HttpResponse(cards.text_of(found), content_type="application/yaml; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{found.slug}.yaml"'
    return answer


@login_required
@require_safe
def as_zip(request: HttpRequest, slug: str) -> HttpResponse:
    """Every card that is not retired, as YAML in one archive; the same deck, the same bytes."""
    program_for(request, slug, "producer")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in cards.files_of(Prompt.objects.exclude(status="retired")):
            entry = zipfile.ZipInfo(name, (2000, 1, 1, 0, 0, 0))
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, text.encode())
    answer = HttpResponse(packed.getvalue(), content_type="application/zip")
    answer["Content-Disposition"] = 'attachment; filename="deck.zip"'
    return answer


@login_required
@require_POST
def bring_in(request: HttpRequest, slug: str) -> HttpResponse:
    """Cards from YAML files, or from an archive of them; all of them, or none."""
    program = _open(request, slug)
    try:
        counts = actions.import_cards(_files(request), person_of(request))
    except Refused as refused:
        return deck.page(request, program, refused.problems, 400)
    said = [
        ngettext("%(n)d new card", "%(n)d new cards", counts["new"]) % {"n": counts["new"]},
        ngettext("%(n)d newer version", "%(n)d newer versions", counts["newer"])
        % {"n": counts["newer"]},
        _("%(n)d as they were") % {"n": counts["same"]},
    ]
    messages.success(request, _("Brought in: %(what)s.") % {"what": ", ".join(said)})
    return redirect("producer:deck", slug=program.slug)


def _files(request: HttpRequest) -> list[tuple[str, bytes]]:
    """(name, bytes) of what was sent; refuses what is too much before it is unpacked."""
    found: list[tuple[str, bytes]] = []
    left = MOST_BYTES
    for sent in request.FILES.getlist("files"):
        name = sent.name or "card.yaml"
        too_large = refuse("too_large", _("Keep it below 8 MiB in all."), name)
        content = sent.read(left + 1)
        if len(content) > left:
            raise too_large
        if not zipfile.is_zipfile(io.BytesIO(content)):
            left -= len(content)
            found.append((name, content))
            continue
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                for entry in archive.infolist()[: cards.MOST_FILES + 1]:
                    if entry.is_dir() or not entry.filename.endswith((".yaml", ".yml")):
                        continue
                    with archive.open(entry) as part:
                        text = part.read(left + 1)
                    left -= len(text)
                    if left < 0:
                        raise too_large
                    found.append((entry.filename, text))
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
            raise refuse("bad_zip", _("This archive cannot be read."), name) from error
    return found
