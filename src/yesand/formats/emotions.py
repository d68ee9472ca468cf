"""The default label set `yesand-15` in its fixed order, and lossy maps to other sets.

The maps ship with every release as maps/<set>.json. A word without a counterpart maps to null:
such votes leave the count, they are never moved to a neighbor.
"""

from __future__ import annotations

from typing import Any

SET_VERSION = "yesand-15"
#: The fifteen categories in grid order (LABELS), rows of five: Q W E R T / A S D F G / Z X C V B.
YESAND_15 = (
    "joy",
    "amusement",
    "excitement",
    "pride",
    "affection",
    "relief",
    "neutral",
    "surprise",
    "embarrassment",
    "sadness",
    "anger",
    "frustration",
    "contempt",
    "disgust",
    "fear",
)
#: Order of `labels.counts`: the fifteen, then `other`. *Can't tell* is not in it.
COUNTED = (*YESAND_15, "other")

_MAPS: dict[str, tuple[tuple[str, ...], dict[str, str], str]] = {
    "msp-8": (
        ("anger", "sadness", "happiness", "surprise", "fear", "disgust", "contempt", "neutral"),
        {
            "anger": "anger",
            "frustration": "anger",
            "sadness": "sadness",
            "joy": "happiness",
            "amusement": "happiness",
            "excitement": "happiness",
            "pride": "happiness",
            "affection": "happiness",
            "relief": "happiness",
            "surprise": "surprise",
            "fear": "fear",
            "disgust": "disgust",
            "contempt": "contempt",
            "neutral": "neutral",
        },
        "The eight classes of MSP-Podcast. All positive feelings fold into happiness.",
    ),
    "iemocap-4": (
        ("angry", "happy", "sad", "neutral"),
        {
            "anger": "angry",
            "joy": "happy",
            "amusement": "happy",
            "excitement": "happy",
            "sadness": "sad",
            "neutral": "neutral",
        },
        "The four classes most papers score on IEMOCAP, excited folded into happy. "
        "Frustration is left out, as it is there.",
    ),
    "crema-6": (
        ("anger", "disgust", "fear", "happy", "neutral", "sad"),
        {
            "anger": "anger",
            "frustration": "anger",
            "disgust": "disgust",
            "contempt": "disgust",
            "fear": "fear",
            "joy": "happy",
            "amusement": "happy",
            "excitement": "happy",
            "neutral": "neutral",
            "sadness": "sad",
        },
        "The six classes of CREMA-D.",
    ),
    "ekman-7": (
        ("anger", "disgust", "fear", "joy", "sadness", "surprise", "neutral"),
        {
            "anger": "anger",
            "frustration": "anger",
            "disgust": "disgust",
            "contempt": "disgust",
            "fear": "fear",
            "joy": "joy",
            "amusement": "joy",
            "excitement": "joy",
            "sadness": "sadness",
            "surprise": "surprise",
            "neutral": "neutral",
        },
        "Ekman's six and neutral, as used by MELD.",
    ),
}

MAP_NAMES = tuple(_MAPS)


def emotion_map(name: str) -> dict[str, str | None]:
    """Each of the fifteen words -> its word in the set `name`, or None; KeyError if unknown."""
    pairs = _MAPS[name][1]
    return {word: pairs.get(word) for word in YESAND_15}


def map_words(name: str) -> tuple[str, ...]:
    """The words of the set `name`, in order."""
    return _MAPS[name][0]


def map_file(name: str) -> dict[str, Any]:
    """The content of maps/<name>.json."""
    words, _, says = _MAPS[name]
    pairs = emotion_map(name)
    return {
        "from": SET_VERSION,
        "to": name,
        "words": list(words),
        "says": says,
        "map": pairs,
        "left_out": [word for word in YESAND_15 if pairs[word] is None] + ["other"],
    }
