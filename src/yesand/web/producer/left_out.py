"""Why takes are left out of a release, in words."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from yesand.release.selection import Selection

WORDS = {
    "not_sealed": _("not sealed yet"),
    "audition": _("auditions"),
    "other_use": _("ordered for another use"),
    "struck": _("struck"),
    "withdrawn": _("withdrawn"),
    "held": _("held"),
    "not_kept": _("not yet kept by both"),
    "without_purpose": _("without the purpose"),
    "not_processed": _("not processed yet"),
    "not_accepted": _("not accepted"),
    "robots": _("with a robot in it"),
    "humans": _("with a human in it"),
    "no_split": _("players of different split pools"),
}


def words_of(selection: Selection) -> list[tuple[object, int, float]]:
    """(words, takes, hours) per reason, in the order reasons are checked."""
    return [(WORDS[code], n, hours) for code, (n, hours) in selection.left_out.items()]
