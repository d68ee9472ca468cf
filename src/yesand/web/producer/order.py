"""The order: drafted by margins with live figures, from a file, shared, approved, opened."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from yesand.commission import actions, reads, schema
from yesand.commission.models import Commission
from yesand.kit.errors import Problem, Refused
from yesand.people.models import Program
from yesand.web.access import program_for
from yesand.web.errors import dead_end
from yesand.web.producer import order_form
from yesand.web.producer.order_figures import figures
from yesand.web.producer.order_form import OrderForm
from yesand.web.sent import whole

MAX_FILE = 1 << 20


def commission_for(program: Program, commission: uuid.UUID) -> Commission:
    """A commission of this program; anybody else's does not exist here."""
    found = Commission.objects.select_related("program__client").filter(
        pk=commission, program=program
    )
    row = found.first()
    if row is None:
        raise Http404
    return row


def _page(
    request: HttpRequest,
    program: Program,
    form: OrderForm,
    commission: Commission | None = None,
    status: int = 200,
    file_problems: tuple[Problem, ...] = (),
) -> HttpResponse:
    context = {
        "program": program,
        "form": form,
        "commission": commission,
        "orders": [row for row in reads.commissions_of(program) if row != commission],
        "file_problems": file_problems,
        "share_url": _share_url(request, commission) if commission else "",
    }
    if form.order is not None:
        context |= figures(program, form.order)
    template = "producer/order.html"
    if getattr(request, "htmx", False):
        template = "producer/_order_figures.html"
        status = 200
    return render(request, template, context, status=status)


def _share_url(request: HttpRequest, commission: Commission) -> str:
    return request.build_absolute_uri(f"/order/{commission.share_token}")


def _closed(request: HttpRequest, program: Program) -> HttpResponse:
    return dead_end(
        request,
        title=_("%(name)s is closed") % {"name": program.name},
        why=_("A closed program takes no further orders, calls or bookings."),
        next_says=_("What was kept stays readable, and what was earned is paid as promised."),
        links=[(f"/producer/{program.slug}", _("Home of the program"))],
        status=409,
    )


@login_required
@require_http_methods(["GET", "POST"])
def order(request: HttpRequest, slug: str) -> HttpResponse:
    """A new order; its figures while you type; a file in its place."""
    program = program_for(request, slug, "producer")
    if program.closed_at is not None:
        return _closed(request, program)
    if request.method == "GET":
        return _page(request, program, _first_form(program))
    return _answer(request, program, None)


def _first_form(program: Program) -> OrderForm:
    """The last order of the program as a start, else a usual light one."""
    earlier = reads.commissions_of(program)
    start = reads.order_of(earlier[0]) if earlier else order_form.USUAL
    form = order_form.of_order(start)
    form.cells = ""
    form.texts["name"] = ""
    form.problems = []
    return form


@login_required
@require_http_methods(["GET", "POST"])
def draft(request: HttpRequest, slug: str, commission: uuid.UUID) -> HttpResponse:
    """A draft, still open to change, with the link that shows it to the client."""
    program = program_for(request, slug, "producer")
    row = commission_for(program, commission)
    if row.state != "draft":
        return redirect("producer:coverage", slug=slug, commission=row.pk)
    if request.method == "GET":
        return _page(request, program, order_form.of_order(reads.order_of(row)), row)
    return _answer(request, program, row)


def _answer(request: HttpRequest, program: Program, row: Commission | None) -> HttpResponse:
    """One posted form: figures only, a fix, a file, or saved."""
    if request.POST.get("act") == "file":
        return _from_file(request, program, row)
    form = order_form.read(request.POST.dict())
    if request.POST.get("fix"):
        form = order_form.fixed(form, request.POST["fix"])
        return _page(request, program, form, row)
    if request.POST.get("act") == "design":
        form = order_form.read({**request.POST.dict(), "cells": ""})
        return _page(request, program, form, row)
    if request.POST.get("act") != "save":
        return _page(request, program, form, row)
    if form.problems or form.order is None:
        return _page(request, program, form, row, status=400)
    try:
        saved = actions.redraft(row, form.order) if row else actions.draft(program, form.order)
    except Refused as refused:
        form.problems = list(refused.problems)
        return _page(request, program, form, row, status=400)
    messages.success(request, _("Saved. Whoever has the link below can read and approve it."))
    return redirect("producer:draft", slug=program.slug, commission=saved.pk)


def _from_file(request: HttpRequest, program: Program, row: Commission | None) -> HttpResponse:
    """An order from YAML; every mistake named by file, line and field."""
    sent = request.FILES.get("file")
    start = order_form.of_order(reads.order_of(row)) if row else _first_form(program)
    if sent is None:
        problem = Problem("no_file", "file", _("Choose a YAML file first."))
        return _page(request, program, start, row, 400, (problem,))
    name = sent.name or "order.yaml"
    try:
        if (sent.size or 0) > MAX_FILE:
            raise Refused(Problem("too_large", name, _("Keep it below 1 MiB.")))
        try:
            text = sent.read().decode("utf-8")
        except UnicodeDecodeError:
            raise Refused(Problem("not_text", name, _("Save it as UTF-8 text."))) from None
        found = schema.read_order(text, name)
        saved = actions.redraft(row, found) if row else actions.draft(program, found)
    except Refused as refused:
        return _page(request, program, start, row, 400, refused.problems)
    messages.success(request, _("Read from %(name)s.") % {"name": name})
    return redirect("producer:draft", slug=program.slug, commission=saved.pk)


@login_required
@require_safe
def as_yaml(request: HttpRequest, slug: str, commission: uuid.UUID) -> HttpResponse:
    """The order as the file that reads back to it."""
    program = program_for(request, slug, "producer")
    row = commission_for(program, commission)
    answer = HttpResponse(
        schema.write_order(reads.order_of(row)), content_type="application/yaml; charset=utf-8"
    )
    answer["Content-Disposition"] = f'attachment; filename="order-{row.pk}.yaml"'
    return answer


@login_required
@require_POST
def step(request: HttpRequest, slug: str, commission: uuid.UUID) -> HttpResponse:
    """Approve (for a client who said yes elsewhere), open or close an order."""
    program = program_for(request, slug, "producer")
    row = commission_for(program, commission)
    act = request.POST.get("act", "")
    try:
        if act == "approve":
            actions.approve(row, request.POST.get("by", ""), whole(request.POST.get("total")))
            messages.success(request, _("Approved. Its budget is set aside; the order is fixed."))
        elif act == "open":
            actions.open_commission(row)
            messages.success(request, _("Open. Ask for a schedule when performers have windows."))
        elif act == "close":
            actions.close_commission(row)
            messages.success(request, _("Closed. What is booked is still played and paid."))
        else:
            raise Http404
    except Refused as refused:
        messages.error(request, refused.problems[0].says)
    row.refresh_from_db()
    if row.state == "draft":
        return redirect("producer:draft", slug=slug, commission=row.pk)
    return redirect("producer:coverage", slug=slug, commission=row.pk)
