"""What a booking is made of, minute by minute. Pure: a shape and its minutes in, blocks out.

The plan says what comes next, with which cards and whether with offers. It never hurries anybody:
a scene ends when its players end it, and whoever plays faster or slower is still in the plan. All
blocks are paid at the locked rate; only scenes are recorded.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from yesand.matching.shapes import SHAPES

MINUTES = (30, 60, 90)

#: Shapes of cards (`commission.order.SHAPES`) that a scene of each sitting may be dealt.
IMPROVISED = ("improvised", "target_line", "game")
CARDS: dict[str, tuple[str, ...]] = {
    "shorts": IMPROVISED,
    # A game is one rule in one sentence: it does not carry twelve minutes.
    "long_form": ("improvised", "target_line"),
    "scripts": ("script",),
}

#: (kind, seconds) in order. A scene's kind names what is asked of it: `bare` has no offers of the
#: engine, `cued` has them, `other` wants another relationship than the ones played, or a line to
#: earn, `free` is the players' own choice, without offers.
_SCENES = frozenset({"bare", "cued", "other", "free"})
_SHORT, _NOTES, _REST = 300, 150, 300
_START = (("check_in", 300), ("warm_up", 300))
_ONE, _TWO = (("bare", _SHORT), ("notes", _NOTES)), (("cued", _SHORT), ("notes", _NOTES))
_OTHER, _LAST = (("other", _SHORT), ("notes", _NOTES)), (("free", _SHORT), ("notes", 120))
_BREAK = (("break", _REST),)
_LONG_START = (("check_in", 300), ("warm_up", 480))
_LONG = (("cued", 720), ("notes", 300))
_LONG_BARE = (("bare", 720), ("notes", 300))
_PAGE, _PAGE_BARE = (("cued", 120), ("notes", _NOTES)), (("bare", 120), ("notes", _NOTES))
_THREE_PAGES = (*_PAGE_BARE, *_PAGE, *_PAGE)

_TABLE: dict[tuple[str, int], tuple[tuple[str, int], ...]] = {
    ("shorts", 30): (
        ("check_in", 300), ("warm_up", 180), *_ONE, *_TWO, ("step_out", 120), ("exit", 180),
        ("slack", 120),
    ),
    ("shorts", 60): (
        *_START, *_ONE, *_TWO, *_BREAK, *_OTHER, *_TWO, *_LAST,
        ("step_out", 120), ("exit", 180), ("slack", 180),
    ),
    ("shorts", 90): (
        *_START, *_ONE, *_TWO, *_OTHER, *_BREAK, *_ONE, *_TWO, *_OTHER, *_BREAK, *_TWO, *_LAST,
        ("step_out", 150), ("exit", 240), ("slack", 240),
    ),
    ("long_form", 30): (
        ("check_in", 300), ("warm_up", 180), ("cued", 720), ("notes", 180), ("step_out", 120),
        ("exit", 180), ("slack", 120),
    ),
    ("long_form", 60): (
        *_LONG_START, *_LONG_BARE, *_BREAK, *_LONG,
        ("step_out", 120), ("exit", 180), ("slack", 180),
    ),
    ("long_form", 90): (
        *_LONG_START, *_LONG_BARE, ("break", 420), *_LONG, ("break", 420), *_LONG,
        ("step_out", 180), ("exit", 240), ("slack", 300),
    ),
    ("scripts", 30): (
        ("check_in", 300), ("warm_up", 180), ("bare", 120), ("notes", 120), ("cued", 120),
        ("notes", 120), ("cued", 120), ("notes", 120), ("bare", 120), ("notes", 120),
        ("step_out", 120), ("exit", 180), ("slack", 60),
    ),
    ("scripts", 60): (
        *_START, *_THREE_PAGES, *_PAGE_BARE, *_BREAK, *_PAGE, *_PAGE, *_PAGE_BARE, *_PAGE,
        ("step_out", 120), ("exit", 180), ("slack", 240),
    ),
    ("scripts", 90): (
        *_START, *_THREE_PAGES, *_PAGE_BARE, ("break", 420), *_PAGE, *_PAGE, *_PAGE_BARE, *_PAGE,
        ("break", 420), *_PAGE, *_PAGE_BARE, *_PAGE, *_PAGE,
        ("step_out", 180), ("exit", 240), ("slack", 300),
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Block:
    """One stretch of a booking, seconds from its start."""

    kind: str
    """check_in, warm_up, scene, notes, break, step_out, exit or slack."""
    starts: int
    seconds: int
    scene: int | None = None
    """Index from 0 of a scene, and of the notes after it."""

    @property
    def ends(self) -> int:
        return self.starts + self.seconds

    @property
    def recorded(self) -> bool:
        """Whether the lamp is on: in a scene and nowhere else."""
        return self.kind == "scene"

    @property
    def camera(self) -> bool:
        """Whether the two see and hear each other: not in a break."""
        return self.kind in ("warm_up", "scene", "step_out")


@dataclass(frozen=True)
class PlannedScene:
    """What is asked of one scene. index from 0."""

    index: int
    cues: bool
    slot: str
    """opener, middle or closer, as cards are dealt; tender, tense and heavy in the middle only."""
    cards: tuple[str, ...]
    other_relationship: bool = False
    """Rather a relationship that was not played yet in this session."""
    seconds: int = _SHORT
    notes: int = _NOTES
    break_after: int = 0
    """Seconds of break after its notes; 0 for none."""


@dataclass(frozen=True)
class Plan:
    """A booking of one shape and length."""

    shape: str
    minutes: int
    blocks: tuple[Block, ...]
    scenes: tuple[PlannedScene, ...]

    def scene(self, index: int) -> PlannedScene | None:
        """The planned scene of this index; None for one more than was planned."""
        return self.scenes[index] if 0 <= index < len(self.scenes) else None

    def step_out_seconds(self) -> int:
        """What must remain at the end: step-out and exit page."""
        return sum(block.seconds for block in self.blocks if block.kind in ("step_out", "exit"))

    def slot(self, index: int, seconds_left: float) -> str:
        """opener, middle or closer for a scene that begins now.

        A scene is a middle one only where the plan says so and the booking still has time for
        another after it: players who are slower than the plan must not end on a heavy note.
        """
        planned = self.scene(index)
        if planned is None or planned.slot != "middle":
            return planned.slot if planned is not None else "closer"
        after = self.scenes[index + 1]
        needed = planned.seconds + planned.notes + after.seconds + after.notes
        return "middle" if seconds_left >= needed + self.step_out_seconds() else "closer"

    def cues(self, index: int) -> bool | None:
        """Whether the engine makes offers in this scene; None where the plan does not say."""
        planned = self.scene(index)
        return planned.cues if planned is not None else None

    def break_after(self, index: int, seconds_left: float) -> int:
        """Seconds of break after this scene's notes; 0 where none is planned or none fits."""
        planned = self.scene(index)
        if planned is None or not planned.break_after:
            return 0
        after = self.scenes[index + 1]
        needed = planned.break_after + after.seconds + self.step_out_seconds()
        return planned.break_after if seconds_left >= needed else 0


@cache
def plan_of(shape: str, minutes: int) -> Plan:
    """The plan of a booking. Raises ValueError for a shape or length nobody offers."""
    if shape not in SHAPES or (shape, minutes) not in _TABLE:
        raise ValueError(f"no plan for {minutes} minutes of {shape!r}")
    blocks: list[Block] = []
    asked: list[str] = []
    at = 0
    for kind, seconds in _TABLE[shape, minutes]:
        if kind in _SCENES:
            asked.append(kind)
            blocks.append(Block("scene", at, seconds, len(asked) - 1))
        else:
            scene = len(asked) - 1 if kind == "notes" else None
            blocks.append(Block(kind, at, seconds, scene))
        at += seconds
    scenes = [_scene(shape, blocks, asked, index) for index in range(len(asked))]
    return Plan(shape, minutes, tuple(blocks), tuple(scenes))


def _scene(shape: str, blocks: list[Block], asked: list[str], index: int) -> PlannedScene:
    at = next(n for n, b in enumerate(blocks) if b.kind == "scene" and b.scene == index)
    scene, notes, after = blocks[at], blocks[at + 1], blocks[at + 2]
    slot = "opener" if index == 0 else "closer" if index == len(asked) - 1 else "middle"
    return PlannedScene(
        index=index,
        cues=asked[index] in ("cued", "other"),
        slot=slot,
        cards=CARDS[shape],
        other_relationship=asked[index] == "other",
        seconds=scene.seconds,
        notes=notes.seconds,
        break_after=after.seconds if after.kind == "break" else 0,
    )
