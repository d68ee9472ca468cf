"""What anybody may write to us, with or without account."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from yesand.cases.rules import LONGEST


class ComplaintForm(forms.Form):
    """A complaint about a program or the house."""

    program = forms.ChoiceField(label=_("About"), required=False)
    says = forms.CharField(
        label=_("What happened"),
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 7}),
        help_text=_("Say when and where, so that we can look it up."),
    )
    contact = forms.EmailField(
        label=_("Your e-mail address"),
        required=False,
        help_text=_("Only to answer you."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )

    def __init__(self, *args: object, programs: list[tuple[str, str]], known: bool, **kw: object):
        super().__init__(*args, **kw)  # type: ignore[arg-type]
        self.fields["program"].choices = [("", _("The house itself")), *programs]  # type: ignore[attr-defined]
        if known:
            del self.fields["contact"]
        else:
            self.fields["contact"].required = True


class InRecordingForm(forms.Form):
    """Somebody who never had an account and may be heard or seen in a take."""

    place = forms.CharField(
        label=_("Where were you"),
        max_length=300,
        help_text=_("A flat, a cafe, a street; whose, if you know."),
    )
    day = forms.CharField(
        label=_("When"), max_length=120, help_text=_("A day, or roughly. A time helps.")
    )
    voice = forms.CharField(
        label=_("How we would know you"),
        max_length=1500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("What you said, how you sound, who you were with."),
    )
    contact = forms.EmailField(
        label=_("Your e-mail address"),
        help_text=_("Only to answer you."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
