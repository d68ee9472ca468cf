"""Audition pieces and split pools, as plain values. Pure."""

from __future__ import annotations

from typing import TypedDict

from yesand.kit.errors import Problem

POOLS: tuple[str, ...] = ("train", "dev", "test")
ROUND = 20
"""Of every twenty performers of one language 16 train, 2 dev, 2 test: 80/10/10."""
DEV_PLACES = (8, 9)
TEST_PLACES = (18, 19)
"""Neighbors, because a pair plays inside one pool: a lone dev performer would never be booked."""

MIN_PIECE_SECONDS = 30
MAX_PIECE_SECONDS = 600
MAX_AUDITION_MINUTES = 60


class Piece(TypedDict):
    """One audition piece. seconds: how long it may run before the recorder stops by itself."""

    title: str
    ask: str
    seconds: int


DEFAULT_PIECES: tuple[Piece, Piece] = (
    {
        "title": "The voicemail",
        "ask": "Leave a message for somebody who must not sell the boat today. Get them to call "
        "you back, and never say how you feel.",
        "seconds": 120,
    },
    {
        "title": "The other end of the line",
        "ask": "You listen to good news on the phone, and you are the only one who knows that "
        "it is not true. Keep them talking; we hear only your half.",
        "seconds": 120,
    },
)


def pool_for(earlier: int) -> str:
    """The pool of the next performer, where `earlier` of the same language were cast before.

    Given once and kept for good, so that splits stay performer-disjoint, and dyad-disjoint
    because nobody plays across pools.
    """
    place = earlier % ROUND
    if place in DEV_PLACES:
        return "dev"
    return "test" if place in TEST_PLACES else "train"


def problems_of_pieces(pieces: list[Piece], audition_minutes: int) -> list[Problem]:
    """What is wrong with a call's audition; empty when it is fine."""
    found = []
    if len(pieces) != 2:
        found.append(Problem("two_pieces", "pieces", "An audition has two pieces."))
    for at, piece in enumerate(pieces, start=1):
        if not piece["title"].strip() or not piece["ask"].strip():
            found.append(
                Problem("empty_piece", f"piece_{at}", "Give the piece a title and say what to do.")
            )
        if not MIN_PIECE_SECONDS <= piece["seconds"] <= MAX_PIECE_SECONDS:
            says = f"A piece runs {MIN_PIECE_SECONDS} to {MAX_PIECE_SECONDS} seconds."
            found.append(Problem("piece_length", f"piece_{at}", says))
    recorded = sum(piece["seconds"] for piece in pieces) / 60
    if not recorded <= audition_minutes <= MAX_AUDITION_MINUTES:
        says = (
            f"Say the minutes it really takes: more than the {recorded:g} recorded ones and "
            f"at most {MAX_AUDITION_MINUTES}."
        )
        found.append(Problem("audition_minutes", "audition_minutes", says))
    return found
