"""One run as a map: where the model is weak, beside the human ceiling; and the draft order."""

from __future__ import annotations

import uuid

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from yesand.evaluation import actions, reads
from yesand.evaluation.models import BenchmarkRun, Shortfall
from yesand.web.access import program_for
from yesand.web.lab.map import draw


@login_required
@require_http_methods(["GET", "POST"])
def run(request: HttpRequest, slug: str, run: uuid.UUID) -> HttpResponse:
    """The grid of cells with intervals; with too little data, how much is missing."""
    program = program_for(request, slug, "engineer", "producer")
    row = get_object_or_404(
        BenchmarkRun.objects.select_related("release"), pk=run, release__program=program
    )
    if request.method == "POST" and row.state in ("done", "too_little"):
        draft = actions.draft(row)
        return redirect("lab:shortfall", slug=slug, draft=draft.pk)
    return render(
        request,
        "lab/evaluation.html",
        {
            "program": program,
            "run": row,
            "release": row.release,
            "map": draw(row.cells),
            "drafts": reads.drafts_of(row),
        },
    )


@login_required
def shortfall(request: HttpRequest, slug: str, draft: int) -> HttpResponse:
    """The draft commission as the YAML that the order form reads."""
    program = program_for(request, slug, "engineer", "producer")
    row = get_object_or_404(Shortfall, pk=draft, run__release__program=program)
    answer = HttpResponse(reads.as_yaml(row), content_type="text/yaml; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="shortfall-{row.pk}.yaml"'
    return answer
