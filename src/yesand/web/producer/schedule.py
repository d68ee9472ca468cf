"""The week: ask for a schedule, see what it did, book or cancel by hand."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from yesand.casting import reads as casting
from yesand.commission.models import Commission
from yesand.kit.errors import Refused
from yesand.matching import actions, reads
from yesand.matching.models import Booking
from yesand.people.models import Program
from yesand.web.access import person_of, program_for
from yesand.web.sent import whole

LEFT_OUT = {
    "no_shared_time": gettext_lazy("no shared time"),
    "no_shared_language": gettext_lazy("no shared language of the order"),
    "split_pool": gettext_lazy("different split pools"),
    "no_consent": gettext_lazy("has not agreed to the use"),
    "not_verified": gettext_lazy("age not proven yet"),
    "not_available_together": gettext_lazy("not available together"),
    "have_met": gettext_lazy("have met, and the order asks for strangers"),
    "have_not_met": gettext_lazy("have not met, and the order asks for people who have"),
    "no_prompt_within_limits": gettext_lazy("no prompt fits both people's limits"),
    "enough_partners": gettext_lazy("already had enough other partners to choose from"),
}
#: More than this in one run is a slip of the hand.
MOST_BOOKINGS = 500
WEEK, TEN_YEARS = dt.timedelta(days=7), dt.timedelta(days=3653)


class WeekForm(forms.Form):
    """Which order and week to schedule."""

    commission = forms.ModelChoiceField(Commission.objects.none(), label=gettext_lazy("Order"))
    week = forms.DateField(
        label=gettext_lazy("Week of"), widget=forms.DateInput(attrs={"type": "date"})
    )
    bookings = forms.IntegerField(
        label=gettext_lazy("Most bookings"), min_value=1, max_value=MOST_BOOKINGS, required=False
    )

    def __init__(self, program: Program, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["commission"].queryset = Commission.objects.filter(  # type: ignore[attr-defined]
            program=program, state="open"
        )
        self.fields["commission"].label_from_instance = lambda c: c.name  # type: ignore[attr-defined]

    def clean_week(self) -> dt.date:
        """A week that lies ahead; the running one counts."""
        week: dt.date = self.cleaned_data["week"]
        if not -WEEK < week - timezone.localdate() <= TEN_YEARS:
            raise forms.ValidationError(gettext_lazy("Choose a week within ten years from now."))
        return week


class BookForm(forms.Form):
    """One booking by hand."""

    commission = forms.ModelChoiceField(Commission.objects.none(), label=gettext_lazy("Order"))
    a = forms.ChoiceField(label=gettext_lazy("Role a"))
    b = forms.ChoiceField(label=gettext_lazy("Role b"))
    starts_at = forms.DateTimeField(
        label=gettext_lazy("Starts"),
        help_text=gettext_lazy("In your own time zone."),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
    )
    minutes = forms.TypedChoiceField(
        label=gettext_lazy("Minutes"),
        choices=[(m, m) for m in actions.MINUTES],
        coerce=int,
        initial=60,
    )

    shape = forms.ChoiceField(
        label=gettext_lazy("Scenes"),
        choices=[
            ("", gettext_lazy("as the order's shares ask")),
            ("shorts", gettext_lazy("short scenes, 5 minutes each")),
            ("long_form", gettext_lazy("long scenes, 12 minutes each")),
            ("scripts", gettext_lazy("scripts, 2 minutes each")),
        ],
        required=False,
    )

    def __init__(self, program: Program, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["commission"].queryset = Commission.objects.filter(  # type: ignore[attr-defined]
            program=program, state="open"
        )
        self.fields["commission"].label_from_instance = lambda c: c.name  # type: ignore[attr-defined]
        self.people = {str(p.person_id): p.person for p in casting.roster(program)}
        for name in ("a", "b"):
            self.fields[name].choices = [  # type: ignore[attr-defined]
                (key, str(person)) for key, person in self.people.items()
            ]

    def clean_starts_at(self) -> dt.datetime:
        """A time within ten years; what is past is told by the booking itself."""
        starts_at: dt.datetime = self.cleaned_data["starts_at"]
        if starts_at.year > timezone.now().year + 10:
            raise forms.ValidationError(gettext_lazy("Choose a time within ten years from now."))
        return starts_at


def _asked(request: HttpRequest, program: Program) -> tuple[dict[str, Any], list[str]]:
    """What a link such as *Book 4 more* fills in, and in words what of it makes no sense."""
    asked: dict[str, Any] = {}
    odd = []
    if (key := request.GET.get("commission")) is not None:
        try:
            order = Commission.objects.filter(pk=uuid.UUID(key), program=program).first()
        except ValueError:
            order = None
        if order is None:
            odd.append(_("The link names no order of this program. Choose one below."))
        elif order.state != "open":
            says = _("%(name)s is not open for bookings. Open it first, or choose another.")
            odd.append(says % {"name": order.name})
        else:
            asked["commission"] = order
    if (text := request.GET.get("bookings")) is not None:
        number = whole(text)
        if number is None or not 1 <= number <= MOST_BOOKINGS:
            says = _("The link asks for no number of bookings from 1 to %(most)d. Write one below.")
            odd.append(says % {"most": MOST_BOOKINGS})
        else:
            asked["bookings"] = number
    return asked, odd


@login_required
@require_http_methods(["GET", "POST"])
def schedule(request: HttpRequest, slug: str) -> HttpResponse:
    """Weeks ahead with their bookings, and the matcher's own account of the last run."""
    program = program_for(request, slug, "producer")
    monday = timezone.localdate() + dt.timedelta(days=7 - timezone.localdate().weekday())
    sent = request.POST if request.POST.get("ask") == "week" else None
    asked, odd = _asked(request, program)
    week = WeekForm(program, sent, initial={"week": monday, **asked})
    if sent is not None and week.is_valid():
        run = actions.schedule(
            week.cleaned_data["commission"],
            week.cleaned_data["week"],
            person_of(request),
            week.cleaned_data["bookings"],
        )
        messages.success(
            request,
            _("%(n)s offers sent. Both answer within 24 hours.") % {"n": run.figures["pairs"]},
        )
        return redirect("producer:schedule", slug=slug)
    sent = request.POST if request.POST.get("ask") == "book" else None
    hand = BookForm(program, sent)
    if sent is not None and hand.is_valid():
        values = hand.cleaned_data
        try:
            actions.book(
                values["commission"],
                hand.people[values["a"]],
                hand.people[values["b"]],
                values["starts_at"],
                values["minutes"],
                shape=values["shape"],
            )
        except Refused as e:
            for problem in e.problems:
                field = problem.where if problem.where in hand.fields else None
                hand.add_error(field, problem.says)
        else:
            messages.success(request, _("Offered to both."))
            return redirect("producer:schedule", slug=slug)
    runs = reads.schedules(program)
    return render(
        request,
        "producer/schedule.html",
        {
            "program": program,
            "week": week,
            "asked": asked,
            "odd": odd,
            "hand": hand,
            "bookings": reads.upcoming(program),
            "last": runs[0] if runs else None,
            "left_out": [
                (LEFT_OUT.get(code, code), n)
                for code, n in (runs[0].figures.get("left_out", {}).items() if runs else ())
            ],
        },
    )


@login_required
@require_POST
def cancel(request: HttpRequest, slug: str, booking: uuid.UUID) -> HttpResponse:
    """Cancel a booking with a reason; inside 24 hours both are paid in full."""
    program = program_for(request, slug, "producer")
    row = get_object_or_404(Booking, pk=booking, program=program)
    try:
        actions.cancel(row, "producer", request.POST.get("reason", ""))
    except Refused as e:
        messages.error(request, str(e))
    else:
        messages.success(request, _("Canceled. Both are told, with your reason."))
    return redirect("producer:schedule", slug=slug)
