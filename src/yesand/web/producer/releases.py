"""Releases: what would go in and why the rest stays out, then build and publish."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from yesand.consent.rules import PURPOSES
from yesand.kit.errors import Refused
from yesand.people.models import Program
from yesand.release import actions, reads
from yesand.release.models import Release
from yesand.web.access import chosen, program_for
from yesand.web.producer.left_out import words_of


class BuildForm(forms.Form):
    """Which takes, under which name."""

    name = forms.SlugField(label=gettext_lazy("Name"), max_length=60)
    purpose = forms.ChoiceField(label=gettext_lazy("Purpose"))
    use = forms.ChoiceField(
        label=gettext_lazy("Use"),
        choices=[
            ("train", gettext_lazy("train")),
            ("evaluation", gettext_lazy("evaluation only")),
        ],
    )

    def __init__(self, program: Program, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        asked = [p for p in PURPOSES if p in program.purposes] or ["recognition_training"]
        self.fields["purpose"].choices = [(p, PURPOSES[p]) for p in asked]  # type: ignore[attr-defined]


@login_required
@require_http_methods(["GET", "POST"])
def releases(request: HttpRequest, slug: str) -> HttpResponse:
    """A dry run by purpose above, the list of releases below."""
    program = program_for(request, slug, "producer")
    do = request.POST.get("do", "")
    if do == "publish":
        return _publish(request, program)
    form = BuildForm(program, request.POST if do == "build" else None, initial={"name": slug})
    if do == "build" and form.is_valid():
        values = form.cleaned_data
        try:
            actions.draft(program, values["purpose"], values["use"], values["name"])
        except Refused as e:
            for problem in e.problems:
                form.add_error(
                    problem.where if problem.where in form.fields else None, problem.says
                )
        else:
            messages.success(request, _("Building. This page shows when it is done."))
            return redirect("producer:releases", slug=slug)
    dry = reads.dry_run(program, "recognition_training")
    return render(
        request,
        "producer/releases.html",
        {
            "program": program,
            "form": form,
            "dry": dry,
            "reasons": words_of(dry),
            "out": sum(n for n, _h in dry.left_out.values()),
            "releases": reads.releases(program),
            "building": Release.objects.filter(program=program, state="building").exists(),
        },
    )


def _publish(request: HttpRequest, program: Program) -> HttpResponse:
    release = chosen(Release, request.POST.get("release"), program=program)
    try:
        actions.publish(release)
    except Refused as e:
        messages.error(request, str(e))
    else:
        messages.success(
            request, _("Published: %(n)s %(v)s.") % {"n": release.name, "v": release.version}
        )
    return redirect("producer:releases", slug=program.slug)
