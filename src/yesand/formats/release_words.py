"""The closed lists of words that release tables use."""

from __future__ import annotations

ROLES = ("a", "b")
SPLITS = ("train", "dev", "test")
USES = ("train", "evaluation")
ARMS = ("actor", "non-actor")
KINDS = ("human", "robot", "model")
SHAPES = ("improvised", "target_line", "script", "game")
FAMILIES = (
    "home",
    "friends",
    "work",
    "service",
    "strangers",
    "romance",
    "expert",
    "whimsy",
)
REGISTERS = ("everyday", "heightened")
TONES = ("light", "tender", "tense", "heavy")
#: Always in this order; never merged.
VIEWS = ("intended", "character", "partner", "observer", "own")
PURPOSES = (
    "recognition_training",
    "voice_generation",
    "video_generation",
    "likeness_replica",
    "evaluation_only",
    "publication",
    "derived_features",
)
