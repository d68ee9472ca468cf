"""The seam: what plays a role. A robot sits behind it, and so does a lab's voice model.

A seat is asked every 20 ms: here is what your partner sounded like, what do you sound like? It is
told what a person on stage would see (events), and nothing else. `docs/engineer/models.md` has the
whole of it with examples.
"""

from __future__ import annotations

import importlib
import logging
import queue
import threading
from collections import deque
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from yesand.cli.robots.ear import STEP_S
from yesand.kit.errors import refuse

RATE = 48_000
FRAME = round(RATE * STEP_S)
Frame = NDArray[np.int16]
SILENCE: Frame = np.zeros(FRAME, np.int16)
#: Frames that an answer may come late before the seat counts as silent for them.
LATE = 10

log = logging.getLogger(__name__)


@runtime_checkable
class Seat(Protocol):
    """What plays a role."""

    def told(self, event: str, body: dict[str, Any]) -> None:
        """Something happened: start, scene, take_opened, cue, pause, resume, take_closed, end."""

    def hear(self, frame: Frame, at_s: float) -> Frame:
        """20 ms of the partner, int16 (960,) at 48 kHz, first sample at `at_s` seconds of the
        seat's own clock; returns the seat's own 20 ms of the same instant."""

    def lines(self) -> list[str]:
        """What it began to say since the last call, as text for the partner to read; may be []."""


class Reciter:
    """Says a track from the moment a take opens, whatever the partner does.

    samples: int32 (n,) on the 24-bit scale.
    """

    def __init__(self, samples: NDArray[np.int32]) -> None:
        self.samples = samples
        self._at: int | None = None

    def told(self, event: str, body: dict[str, Any]) -> None:
        """Begins with a take and ends with it."""
        if event == "take_opened":
            self._at = 0
        elif event in ("take_closed", "end"):
            self._at = None

    def hear(self, frame: Frame, at_s: float) -> Frame:
        """The next 20 ms of the track; silence after its end."""
        out = np.zeros(FRAME, np.int16)
        if self._at is not None:
            piece = self.samples[self._at : self._at + FRAME] >> 8
            out[: len(piece)] = piece
            self._at += FRAME
        return out

    def lines(self) -> list[str]:
        """Nothing to read: there is no word in it."""
        return []


class Apart:
    """A seat in a thread of its own: what it does slowly makes it late, never the room.

    An answer that is not there yet is silence; one that comes later than LATE frames is left out,
    so that it never grows late for good. What breaks inside is logged and ends its speech.
    """

    def __init__(self, seat: Seat) -> None:
        self.seat = seat
        self.broken = ""
        self._in: queue.SimpleQueue[tuple[str, Any, Any]] = queue.SimpleQueue()
        self._out: deque[Frame] = deque()
        self._lines: deque[str] = deque()
        self._owed = 0
        self._thread = threading.Thread(target=self._run, daemon=True, name="seat")
        self._thread.start()

    def _run(self) -> None:
        while not self.broken:
            what, one, two = self._in.get()
            try:
                if what == "hear":
                    self._out.append(checked(self.seat.hear(one, two)))
                    self._lines.extend(self.seat.lines())
                else:
                    self.seat.told(one, two)
                    if one == "end":
                        return
            except Exception as error:
                self.broken = f"{type(error).__name__}: {error}"
                log.exception("The player in this seat broke and is silent from now on.")

    def told(self, event: str, body: dict[str, Any]) -> None:
        """Handed on in order with what is heard."""
        self._in.put(("told", event, body))

    def hear(self, frame: Frame, at_s: float) -> Frame:
        """What the seat answered so far, one frame; silence where it has not."""
        self._in.put(("hear", frame, at_s))
        while len(self._out) > 1 and self._owed > 0:
            self._out.popleft()
            self._owed -= 1
        if self._out:
            return self._out.popleft()
        self._owed = min(self._owed + 1, LATE * 100)
        return SILENCE

    def lines(self) -> list[str]:
        """Its lines so far."""
        found = []
        while self._lines:
            found.append(self._lines.popleft())
        return found


def checked(frame: Any) -> Frame:
    """A seat's answer as int16 (960,). Raises ValueError for anything else."""
    array = np.asarray(frame)
    if array.dtype != np.int16 or array.shape != (FRAME,):
        raise ValueError(f"hear() must return int16 ({FRAME},), not {array.dtype} {array.shape}")
    return array


def load(place: str) -> Seat:
    """The seat behind "module:Class", made without arguments.

    Refuses what cannot be imported and what is no seat.
    """
    module, _, name = place.partition(":")
    try:
        made = getattr(importlib.import_module(module), name)()
    except (ImportError, AttributeError, ValueError, TypeError) as error:
        raise refuse("no_player", f"cannot be made: {error}", f"--player {place}") from None
    if not isinstance(made, Seat):
        raise refuse("no_seat", "needs the methods told, hear and lines.", f"--player {place}")
    return made
