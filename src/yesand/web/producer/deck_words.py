"""A card in words: what every page of the deck shows of it, also while it is being written."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from yesand.commission.prompt_schema import TAGS, Card, offers, private_half, public_part
from yesand.commission.rules import FEELING_KEYS
from yesand.web.producer.order_form import language_name, word

SHAPE_WORDS = {
    "improvised": _("improvised"),
    "target_line": _("target line"),
    "script": _("script"),
    "game": _("game"),
}
TONE_WORDS = {
    "light": _("light"),
    "tender": _("tender"),
    "tense": _("tense"),
    "heavy": _("heavy"),
}
SLOT_WORDS = {
    "opener": _("first"),
    "middle": _("in the middle"),
    "closer": _("last"),
    "any": _("anywhere"),
}
STRENGTH_WORDS = {1: _("slight"), 2: _("clear"), 3: _("strong")}
STATUS_WORDS = {
    "draft": _("draft"),
    "tried": _("tried"),
    "live": _("live"),
    "retired": _("retired"),
}
STATUS_SAYS = {
    "draft": _("Nobody is dealt it."),
    "tried": _("Somebody has played it through. Nobody is dealt it."),
    "live": _("It is dealt in every program of this house."),
    "retired": _("It is dealt no more. Takes that were played from it keep naming it."),
}
ROLES = ("a", "b")
BLANK: Card = {
    "alias": "",
    "want": "",
    "secret": "",
    "soft_spot": "",
    "age": "adult",
    "keep": False,
}


def whole(card: Card) -> Card:
    """The card with a blank half where one is not written yet."""
    halves = {role: {**BLANK, **card["roles"].get(role, {})} for role in ROLES}
    return {**card, "roles": halves}


def in_words(body: Card) -> dict[str, Any]:
    """What templates need: the public part, both halves, cues, what is never shown."""
    body = whole(body)
    return {
        "body": body,
        "public": public_part(body),
        "halves": [
            {
                "role": role,
                "partner": body["roles"]["b" if role == "a" else "a"]["alias"],
                **private_half(body, role),
            }
            for role in ROLES
        ],
        "cues": [
            {
                "alias": body["roles"][role]["alias"] or role,
                "at": _when(turn["at"]),
                "action": turn["action"],
                "feeling": word(turn["aim"]["emotion"]),
                "key": FEELING_KEYS.get(turn["aim"]["emotion"], ""),
                "strength": STRENGTH_WORDS.get(turn["aim"]["intensity"], ""),
            }
            for role in ROLES
            for turn in offers(body, role)
        ],
        "likely": [word(feeling) for feeling in body.get("likely_cells", [])],
        "tags": [TAGS.get(tag, tag) for tag in body.get("tags", [])],
        "shape": SHAPE_WORDS.get(body["shape"], body["shape"]),
        "tone": TONE_WORDS.get(body["tone"], body["tone"]),
        "slot": SLOT_WORDS.get(body.get("session_slot", "any"), ""),
        "relationship": word(body["relationship"]),
        "language": language_name(body["language"]),
    }


def _when(at: Any) -> str:
    """When a cue is offered, in words."""
    if at == "pull":
        return gettext("on “deal me one”")
    if isinstance(at, int | float):
        return gettext("minute %(at)g") % {"at": at}
    return str(at or "?")
