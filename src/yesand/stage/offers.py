"""The deck of actions behind *Deal me one* and the director's list, by feeling and intensity.

Each is an action aimed at the partner: verb first, playable at once, eight words or fewer, no
feeling word, no plot, nothing about body or face. The aim is stored, the action is shown.

A language is data: a further one is a further `offers_<code>.py`, named in LANGUAGES.
"""

from __future__ import annotations

from yesand.stage import offers_es
from yesand.stage.cue_rules import CARRY_ON, Aim

ACTIONS: dict[str, tuple[tuple[int | None, str], ...]] = {
    "joy": (
        (1, "Tell them what you like here"),
        (2, "Share the good news at last"),
        (3, "Make them celebrate with you, now"),
    ),
    "amusement": (
        (1, "Let them finish their bad joke"),
        (2, "Try to keep a straight face"),
        (3, "Repeat the silliest thing they said"),
    ),
    "excitement": (
        (1, "Ask what happens next"),
        (2, "Talk them into starting right away"),
        (3, "Get them to say yes tonight"),
    ),
    "pride": (
        (1, "Mention it as if in passing"),
        (2, "Make sure they notice"),
        (3, "Have them say it was you"),
    ),
    "affection": (
        (1, "Offer them the better half"),
        (2, "Let them off the hook"),
        (3, "Tell them what they mean to you"),
    ),
    "relief": (
        (1, "Let them put it down"),
        (2, "Thank them for waiting"),
        (3, "Have them tell you it is over"),
    ),
    "neutral": (
        (None, "Settle the practical part first"),
        (None, "Tell them how it works"),
        (None, "Read it out to them"),
    ),
    "surprise": (
        (1, "Ask them to say that again"),
        (2, "Make them prove it"),
        (3, "Stop everything and look at it"),
    ),
    "embarrassment": (
        (1, "Change the subject, not quite fast enough"),
        (2, "Hide it, badly"),
        (3, "Make them promise to tell nobody"),
    ),
    "sadness": (
        (1, "Ask for one thing back"),
        (2, "Tell them what you will miss"),
        (3, "Ask them to stay a minute longer"),
    ),
    "anger": (
        (1, "Name what they just did"),
        (2, "Don't let them change the subject"),
        (3, "Make them take it back"),
    ),
    "frustration": (
        (1, "Explain it once more, kindly"),
        (2, "Count off what you already tried"),
        (3, "Hand it to them and step back"),
    ),
    "contempt": (
        (1, "Correct a small detail"),
        (2, "Let them hear how that sounds"),
        (3, "Explain it as if to a child"),
    ),
    "disgust": (
        (1, "Move it a little away"),
        (2, "Refuse to touch it"),
        (3, "Get it out of the room"),
    ),
    "fear": (
        (1, "Keep them away from the window"),
        (2, "Make them whisper"),
        (3, "Get them to leave with you now"),
    ),
}


LANGUAGES = {"en": ACTIONS, "es": offers_es.ACTIONS}
CARRY_ONS = {"en": CARRY_ON, "es": offers_es.CARRY_ON}


SPANISH: dict[str, tuple[tuple[int | None, str], ...]] = {
    "joy": (
        (1, "Cuéntale qué te gusta de aquí"),
        (2, "Dale por fin la buena noticia"),
        (3, "Haz que lo celebre contigo, ya"),
    ),
    "amusement": (
        (1, "Deja que acabe su mal chiste"),
        (2, "Intenta que no se te note"),
        (3, "Repite lo más absurdo que ha dicho"),
    ),
    "excitement": (
        (1, "Pregúntale qué pasa después"),
        (2, "Convéncele de empezar ahora mismo"),
        (3, "Consigue que diga que sí hoy"),
    ),
    "pride": (
        (1, "Menciónalo como de pasada"),
        (2, "Asegúrate de que se dé cuenta"),
        (3, "Haz que diga que fuiste tú"),
    ),
    "affection": (
        (1, "Ofrécele la mejor mitad"),
        (2, "Quítale ese peso de encima"),
        (3, "Dile lo que significa para ti"),
    ),
    "relief": (
        (1, "Deja que lo suelte un momento"),
        (2, "Dale las gracias por esperar"),
        (3, "Haz que te diga que ya pasó"),
    ),
    "neutral": (
        (None, "Resuelve primero la parte práctica"),
        (None, "Explícale cómo funciona"),
        (None, "Léeselo en voz alta"),
    ),
    "surprise": (
        (1, "Pídele que lo repita"),
        (2, "Haz que te lo demuestre"),
        (3, "Páralo todo y míralo"),
    ),
    "embarrassment": (
        (1, "Cambia de tema, un poco tarde"),
        (2, "Escóndelo, mal"),
        (3, "Haz que prometa no contarlo"),
    ),
    "sadness": (
        (1, "Pídele que te devuelva una cosa"),
        (2, "Dile qué vas a echar de menos"),
        (3, "Pídele que se quede un minuto"),
    ),
    "anger": (
        (1, "Nombra lo que acaba de hacer"),
        (2, "No le dejes cambiar de tema"),
        (3, "Haz que lo retire"),
    ),
    "frustration": (
        (1, "Explícaselo otra vez, con calma"),
        (2, "Enumera lo que ya has intentado"),
        (3, "Dáselo y da un paso atrás"),
    ),
    "contempt": (
        (1, "Corrige un detalle pequeño"),
        (2, "Deja que oiga cómo suena eso"),
        (3, "Explícaselo como a un niño"),
    ),
    "disgust": (
        (1, "Apártalo un poco"),
        (2, "Niégate a tocarlo"),
        (3, "Haz que lo saque de aquí"),
    ),
    "fear": (
        (1, "No le dejes acercarse a la ventana"),
        (2, "Haz que susurre"),
        (3, "Consigue que se vaya contigo ya"),
    ),
}

DECKS = {"en": ACTIONS, "es": SPANISH}
EMPTY = {"en": CARRY_ON, "es": "Sigue"}


def deck(feelings: list[str] | None = None, language: str = "en") -> list[tuple[str, Aim]]:
    """Actions with their aims, of these feelings, or of all; in a fixed order.

    A scene is offered things in its own language: none where nobody has written any yet.
    """
    actions = DECKS.get(language.split("-")[0], {})
    wanted = [f for f in actions if feelings is None or f in feelings]
    return [(action, Aim(f, level)) for f in wanted for level, action in actions[f]]


def carry_on(language: str) -> str:
    """What an empty cue says; a language without words of ours reads the English ones."""
    return EMPTY.get(language.split("-")[0], CARRY_ON)
