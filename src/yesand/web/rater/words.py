"""The label set's words as a person reads them."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

CATEGORY_WORDS = {
    "joy": _("joy"),
    "amusement": _("amusement"),
    "excitement": _("excitement"),
    "pride": _("pride"),
    "affection": _("affection"),
    "relief": _("relief"),
    "neutral": _("neutral"),
    "surprise": _("surprise"),
    "embarrassment": _("embarrassment"),
    "sadness": _("sadness"),
    "anger": _("anger"),
    "frustration": _("frustration"),
    "contempt": _("contempt"),
    "disgust": _("disgust"),
    "fear": _("fear"),
    "other": _("other"),
    "cant_tell": _("can't tell"),
}
INTENSITY_WORDS = {1: _("slight"), 2: _("clear"), 3: _("strong")}
