"""An order as the client sees it: who has the link may read it and approve it, without account."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from yesand.commission import actions, reads
from yesand.kit.errors import Problem, Refused
from yesand.web import pace
from yesand.web.producer.coverage import hours_of
from yesand.web.producer.grid import grid
from yesand.web.producer.order_figures import figures
from yesand.web.producer.order_form import of_order
from yesand.web.sent import storable, whole


@never_cache
@require_http_methods(["GET", "POST"])
def order(request: HttpRequest, token: str) -> HttpResponse:
    """The order, what it takes, and Approve; after that, how far it is. No faces, no names."""
    pace.check(request, "share", 60, 60)
    commission = reads.by_token(token) if storable(token) else None
    if commission is None:
        raise Http404
    problems: tuple[Problem, ...] = ()
    if request.method == "POST":
        try:
            actions.approve(
                commission, request.POST.get("by", ""), whole(request.POST.get("total"))
            )
        except Refused as refused:
            problems = refused.problems
        else:
            return redirect("public:order", token=token)
    found = reads.order_of(commission)
    form = of_order(found)
    context = {
        "commission": commission,
        "program": commission.program,
        "order": found,
        "form": form,
        "problems": problems,
        "by": request.POST.get("by", ""),
        "closed": commission.program.closed_at is not None,
        **figures(commission.program, found),
    }
    if commission.state != "draft":
        context |= {
            "grid": grid(reads.coverage(commission), request.GET.get("cell", "")),
            "hours_played": hours_of(commission),
        }
    if getattr(request, "htmx", False) and commission.state != "draft":
        return render(request, "producer/_coverage.html", context)
    return render(request, "public/order.html", context, status=409 if problems else 200)
