"""Sign-up asks for an address, an alias, and the zone in which times are shown."""

from __future__ import annotations

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from yesand.kit.errors import Refused
from yesand.people import rules
from yesand.people.actions import set_profile, zones
from yesand.people.models import Person


def zone_choices() -> list[tuple[str, str]]:
    """Every IANA zone, with spaces for underscores."""
    return [(name, name.replace("_", " ")) for name in zones()]


class ZoneField(forms.ChoiceField):
    """A zone; the page's script picks the browser's own until the person chooses."""

    def __init__(self) -> None:
        super().__init__(
            label=_("Time zone"),
            choices=zone_choices,
            initial="UTC",
            help_text=_("Every time you see is in this zone."),
            widget=forms.Select(attrs={"data-own-zone": ""}),
        )


class AboutYou(forms.Form):
    """What sign-up asks beside the address."""

    alias = forms.CharField(
        label=_("Alias"),
        max_length=40,
        help_text=_("The name others see. It need not be your own, and you can change it."),
        widget=forms.TextInput(attrs={"autocomplete": "nickname"}),
    )
    zone = ZoneField()

    def clean_alias(self) -> str:
        alias = self.cleaned_data["alias"].strip()
        try:
            rules.check_profile({"alias": alias})
        except Refused as error:
            raise forms.ValidationError(error.problems[0].says) from None
        return alias

    def signup(self, request: HttpRequest, person: Person) -> None:
        """Called by allauth once the person's row is there."""
        spoken = request.headers.get("Accept-Language", "en").split(",")[0].split("-")[0].strip()
        set_profile(
            person,
            alias=self.cleaned_data["alias"],
            zone=self.cleaned_data["zone"],
            languages=[spoken if rules.LANGUAGE.match(spoken) else "en"],
        )
