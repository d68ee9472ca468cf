"""The few prompts that robots of a sample release play, and what their cues say."""

from __future__ import annotations

from typing import Any


def _prompt(
    slug: str, title: str, family: str, relationship: str, premise: str, halves: dict[str, str]
) -> dict[str, Any]:
    return {
        "prompt_id": slug,
        "version": 1,
        "language": "en",
        "title": title,
        "author": "YesAnd",
        "rights": "Apache-2.0",
        "parent": None,
        "shape": "improvised",
        "family": family,
        "register": "everyday",
        "tone": "light",
        "premise": premise,
        "relationship": relationship,
        "years": None,
        "power": "equal",
        "first_line": None,
        "target_line": None,
        "target_role": None,
        "game": None,
        "tags": [],
        "use": "train",
        "way_of_speaking_a": None,
        "way_of_speaking_b": None,
        **halves,
    }


PROMPTS: tuple[dict[str, Any], ...] = (
    _prompt(
        "the-last-key",
        "The Last Key",
        "home",
        "friends",
        "Flatmates of six years hand back the flat in ten minutes; the spare key is missing and "
        "each thinks the other is being sweet about it.",
        {
            "want_a": "Get the other to say they will miss this place.",
            "secret_a": "The key is in my shoe.",
            "soft_spot_a": "They always left me the last slice.",
            "want_b": "Get the other to leave the door open a minute longer.",
            "secret_b": "I had a copy made.",
            "soft_spot_b": "They sang in the shower and knew I heard.",
        },
    ),
    _prompt(
        "proofread",
        "Proofread",
        "home",
        "family",
        "A grandmother dictates her dating profile to her grandson, who knows the man she hopes "
        "will read it.",
        {
            "want_a": "Get the other to write it as I say it.",
            "secret_a": "I already wrote to him.",
            "soft_spot_a": "This one never corrects my coffee.",
            "want_b": "Get the other to leave out the yodeling.",
            "secret_b": "He asked me what she likes.",
            "soft_spot_b": "She taught me to lose at cards.",
        },
    ),
    _prompt(
        "row-14",
        "Row 14",
        "strangers",
        "strangers",
        "A cellist and the neighbor who has complained for a year are the only two passengers on "
        "a ferry.",
        {
            "want_a": "Get the other to ask for one piece.",
            "secret_a": "I practice quieter on Sundays, for them.",
            "soft_spot_a": "They water the plant in the hallway.",
            "want_b": "Get the other to stop apologizing.",
            "secret_b": "I hum that cello line at work.",
            "soft_spot_b": "They hold the elevator.",
        },
    ),
    _prompt(
        "hold-please",
        "Hold, Please",
        "service",
        "service",
        "A call-center agent on the last day of work, and a customer who calls only to hear the "
        "hold music.",
        {
            "want_a": "Get the customer to say what they really call for.",
            "secret_a": "I chose the hold music.",
            "soft_spot_a": "They always say good night.",
            "want_b": "Get the agent to play it once more.",
            "secret_b": "It was our wedding song.",
            "soft_spot_b": "They never hang up first.",
        },
    ),
)

#: What the screen said for each aim: an action toward the partner, no feeling word.
ACTIONS: dict[str, str] = {
    "joy": "Share the good part first",
    "amusement": "Try to keep a straight face",
    "excitement": "Tell them before they ask",
    "pride": "Make sure they notice",
    "affection": "Let them off the hook",
    "relief": "Let go of what you held back",
    "neutral": "Just give them the facts",
    "surprise": "Ask whether you heard that right",
    "embarrassment": "Hide it, badly",
    "sadness": "Ask for one thing back",
    "anger": "Don't let them change the subject",
    "frustration": "Explain it once more, kindly",
    "contempt": "Let them know you knew better",
    "disgust": "Keep it away from them",
    "fear": "Keep them away from the window",
}

#: Valence, arousal, dominance in -1..1 at full strength.
DIMENSIONS: dict[str, tuple[float, float, float]] = {
    "joy": (0.8, 0.5, 0.4),
    "amusement": (0.7, 0.4, 0.2),
    "excitement": (0.7, 0.9, 0.5),
    "pride": (0.6, 0.3, 0.7),
    "affection": (0.7, -0.2, 0.1),
    "relief": (0.5, -0.4, 0.0),
    "neutral": (0.0, 0.0, 0.0),
    "surprise": (0.1, 0.7, -0.2),
    "embarrassment": (-0.4, 0.2, -0.6),
    "sadness": (-0.7, -0.6, -0.5),
    "anger": (-0.7, 0.8, 0.6),
    "frustration": (-0.6, 0.5, 0.1),
    "contempt": (-0.5, 0.0, 0.6),
    "disgust": (-0.7, 0.2, 0.2),
    "fear": (-0.7, 0.7, -0.7),
}

#: What a feeling is most often taken for.
TAKEN_FOR: dict[str, tuple[str, ...]] = {
    "joy": ("amusement", "excitement"),
    "amusement": ("joy",),
    "excitement": ("joy", "surprise"),
    "pride": ("joy", "contempt"),
    "affection": ("relief", "neutral"),
    "relief": ("affection", "neutral"),
    "neutral": ("affection", "contempt"),
    "surprise": ("excitement", "fear"),
    "embarrassment": ("fear", "sadness"),
    "sadness": ("neutral", "embarrassment"),
    "anger": ("frustration",),
    "frustration": ("anger", "contempt"),
    "contempt": ("disgust", "neutral"),
    "disgust": ("contempt", "frustration"),
    "fear": ("surprise", "embarrassment"),
}
