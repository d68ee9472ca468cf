"""What a performer types about themselves."""

from __future__ import annotations

import datetime as dt

from django import forms
from django.utils.translation import gettext_lazy as _

from yesand.commission.reads import skills_asked
from yesand.people import rules
from yesand.people.models import Person
from yesand.web.accounts import ZoneField


class ProfileForm(forms.Form):
    """Alias, zone, languages, and what may be said about a voice in a release."""

    alias = forms.CharField(
        label=_("Alias"), max_length=40, help_text=_("What others see. Never your legal name.")
    )
    zone = ZoneField()
    languages = forms.CharField(
        label=_("Languages you play or rate in"),
        max_length=80,
        help_text=_("Codes, best first: en, es"),
    )
    age_band = forms.ChoiceField(
        label=_("Age band"),
        required=False,
        choices=[("", _("rather not say")), *((band, band) for band in rules.AGE_BANDS)],
        help_text=_("In a release only where at least 5 people share it."),
    )
    accent = forms.CharField(label=_("Accent, in your own words"), max_length=40, required=False)
    arm = forms.ChoiceField(
        label=_("You are"),
        choices=[("actor", _("an actor or improviser")), ("non_actor", _("neither"))],
        initial="actor",
    )
    aim_wish = forms.ChoiceField(
        label=_("Offers on stage say what they aim at"),
        required=False,
        choices=[("", _("no wish")), ("show", _("show it")), ("hide", _("never"))],
        help_text=_(
            "Small, under the action. Without a wish it is hidden, or a program tries both."
        ),
    )
    skills = forms.MultipleChoiceField(
        label=_("What you can really do"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Some cards need it. They are dealt to you only where you tick it here."),
    )

    def __init__(self, person: Person, *args: object, **kwargs: object) -> None:
        super().__init__(*args, initial=self.of(person), **kwargs)  # type: ignore[arg-type, misc]
        # What was stated once stays to be seen and unticked, also when its last card is gone.
        words = sorted({*skills_asked(person.languages), *person.skills})
        if words:
            self.fields["skills"].choices = [(word, word) for word in words]  # type: ignore[attr-defined]
        else:
            del self.fields["skills"]

    @staticmethod
    def of(person: Person) -> dict[str, object]:
        """The form's first values for a person."""
        return {
            "alias": person.alias,
            "zone": person.zone,
            "languages": ", ".join(person.languages),
            "age_band": person.age_band,
            "accent": person.accent,
            "arm": person.arm,
            "aim_wish": person.aim_wish,
            "skills": person.skills,
        }

    def clean_languages(self) -> list[str]:
        said = self.cleaned_data["languages"].replace(";", ",").split(",")
        codes = [code.strip() for code in said if code.strip()]
        if not codes or not all(rules.LANGUAGE.match(code) for code in codes):
            raise forms.ValidationError(_("Use language codes, for example: en, es"))
        return list(dict.fromkeys(codes))


class IdentityForm(forms.Form):
    """Name and date of birth, for the vault."""

    legal_name = forms.CharField(
        label=_("Legal name"),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        help_text=_("As in your papers. Sealed; read only to pay you."),
    )
    born = forms.DateField(
        label=_("Date of birth"),
        widget=forms.DateInput(
            attrs={"type": "date", "autocomplete": "bday", "max": "2999-12-31"}, format="%Y-%m-%d"
        ),
    )

    def clean_born(self) -> dt.date:
        born: dt.date = self.cleaned_data["born"]
        return born


class PayoutForm(forms.Form):
    """Where money is sent."""

    account = forms.CharField(
        label=_("Account"),
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("An IBAN, or the number your bank uses. Sealed; we show its last two signs."),
    )
