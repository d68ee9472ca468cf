"""A robot that plays: listens for turns, takes them after a pause, gives way, hums and laughs.

Pure timing on its own clock of 20 ms frames; by the seed and what it hears, everything follows.
It knows when its partner speaks and not what is said. The numbers are those of easy conversation,
a little slow (gaps around 200 ms between people who know each other; it takes 400 to 900).
"""

from __future__ import annotations

import random
from concurrent.futures import Executor, Future
from typing import Any

import numpy as np

from yesand.cli.robots.ear import STEP_S, Ear
from yesand.cli.robots.repertoire import Repertoire, Turn, words
from yesand.cli.robots.seat import FRAME, RATE, Frame
from yesand.cli.robots.studio import Said, Studio

#: Pause of the partner after which the robot speaks, seconds; drawn anew for each turn.
GAP_S = (0.4, 0.9)
#: Partner's speech that the robot talks against before it gives way, seconds.
YIELD_S = (0.6, 1.1)
#: How long it waits before it begins: where the card gives it the first line; where it is open.
FIRST_S, OPEN_S = (0.9, 1.8), (3.0, 4.5)
#: Silence of both after which it says something more.
NUDGE_S, SCRIPT_NUDGE_S = (4.5, 7.5), (11.0, 13.0)
#: Between two sentences of one turn.
BREATH_S = (0.25, 0.6)
#: A listener's sounds: after so much speech, so far apart, and how often.
LISTEN_S, HUM_EVERY_S, HUM_SHARE = 2.2, 5.0, 0.55
LAUGH_EVERY_S, LAUGH_SHARE = 9.0, 0.6
FADE = round(0.06 * RATE)


class Actor:
    """One robot in one role; a seat. executor None renders speech at once (tests). lag_s: what the
    line adds to its pauses, which are so much shorter."""

    def __init__(self, seed: int, executor: Executor | None = None, lag_s: float = 0.0) -> None:
        self.lag_s = lag_s
        self.rng = random.Random(seed)
        self.studio = Studio(seed, executor=executor)
        self.ear = Ear()
        self.role = "b"
        self.partner_alias = ""
        self.now = 0.0
        self._card: dict[str, Any] | None = None
        self._language = "en"
        self._playing = False
        self._paused = False
        self._lines: list[str] = []
        self._small: Future[list[Said]] | None = None
        self._words: list[str] = []
        self._reset()

    def warm(self) -> None:
        """Everything slow, before anybody waits."""
        self.studio.warm()
        self._prepare_small()

    def _prepare_small(self) -> None:
        self._words = words(self._language)["right"]
        self._small = self.studio.small(self._words)

    def _reset(self) -> None:
        self.repertoire = Repertoire(self.role, self._card, self._language, self.rng)
        self._turn: Turn | None = None
        self._ready: Future[list[Said]] | None = None
        self._speaking: list[Said] = []
        self._sentence, self._at, self._resume_at = 0, 0, 0.0
        self._beside: Said | None = None
        self._beside_at = 0
        self._last_mine = self.now
        self._gap = self._draw(GAP_S)
        self._yield = self._draw(YIELD_S)
        self._wait = self._draw(OPEN_S)
        self._hummed, self._laughed = -99.0, -99.0
        self._tried = -1.0
        self._against = 0.0
        self._fade = 0
        self._fresh, self._nudging = True, False
        self._cut: set[int] = set()
        self.ear.forget()

    def _draw(self, between: tuple[float, float]) -> float:
        return self.rng.uniform(*between)

    # -- what it is told ------------------------------------------------------------------------

    def told(self, event: str, body: dict[str, Any]) -> None:
        """Events of the seat's protocol; unknown ones are nothing to a robot."""
        if event == "start":
            self.role = str(body["role"])
        elif event == "scene":
            self._card = body.get("card")
            self._language = str(body.get("language") or "en")
            if self._language != self.studio.language or self._small is None:
                self.studio.language = self._language
                self._prepare_small()
            self._reset()
            if self._opens is False:
                self._plan_ahead()
            else:
                self._plan(self.repertoire.opening())
        elif event == "take_opened":
            self._playing, self._paused = True, False
            self._last_mine = self.now
            self._wait = self._draw(FIRST_S if self._opens else OPEN_S)
            if self._opens is False:
                self._wait = self._draw(NUDGE_S) + 2.0
            self.ear.forget()
        elif event in ("take_closed", "end"):
            self._playing = False
            self._hush()
            if event == "take_closed":
                self._reset()
        elif event in ("pause", "resume"):
            self._paused = event == "pause"
            self._hush()
            self._last_mine = self.now

    @property
    def _opens(self) -> bool | None:
        return self.repertoire.opens()

    def _hush(self) -> None:
        self._speaking, self._beside = [], None
        self._sentence = self._at = 0

    def lines(self) -> list[str]:
        """What it began to say since the last call."""
        found, self._lines = self._lines, []
        return found

    # -- 20 ms ----------------------------------------------------------------------------------

    def hear(self, frame: Frame, at_s: float) -> Frame:
        """20 ms of the partner; the robot's own 20 ms."""
        self.now = at_s
        if not self._playing or self._paused:
            self.ear.hear(frame, at_s + STEP_S)
            return np.zeros(FRAME, np.int16)
        self.ear.hear(frame, at_s + STEP_S)
        if self._speaking:
            self._hold_or_give_way()
        else:
            self._perhaps_begin()
            self._perhaps_listen()
        return self._sound()

    def _plan(self, turn: Turn | None) -> None:
        self._turn = turn
        self._ready = self.studio.turn(turn) if turn is not None else None

    def _perhaps_begin(self) -> None:
        """After the partner's turn and its own pause; or because nobody has spoken for long."""
        ear, rep = self.ear, self.repertoire
        if self._fresh and ear.spoken > 0.3:
            self._fresh = False
            if self._opens is None:
                # The partner took the floor first: what was planned was a beginning.
                self._plan(rep.answer())
        if ear.speaking:
            return
        quiet = self.now - self._last_mine
        if ear.spoken < 0.2:
            if quiet >= self._wait and ear.silence >= 1.0:
                self._break_silence()
            return
        gap = self._gap - self.lag_s
        expected = rep.partner_seconds()
        if expected and ear.spoken < 0.5 * expected:
            # A line of a script has pauses of its own; half of it is not the whole of it.
            gap += 1.2
        if ear.silence >= gap and quiet >= gap:
            rep.partner_done()
            self._begin()

    def _break_silence(self) -> None:
        rep = self.repertoire
        if rep.script:
            rep.partner_done()
            if not rep.scripted:
                return
        elif not self._nudging and not (self._fresh and self._opens is not False):
            self._plan(rep.nudge())
        self._nudging = True
        self._begin()

    def _begin(self) -> None:
        """Say what is planned, as soon as it is rendered."""
        rep = self.repertoire
        if self._turn is None or (rep.mine_next and self._turn.script != rep.at):
            self._plan(rep.answer())
        assert self._ready is not None
        if not self._ready.done():
            return
        self._speaking = [one for one in self._ready.result() if len(one.samples)]
        self._sentence, self._at, self._resume_at = 0, 0, 0.0
        self._beside, self._against, self._fade = None, 0.0, 0
        self._yield = self._draw(YIELD_S)
        self._fresh = self._nudging = False
        self.ear.forget()
        if self._speaking:
            self._lines.append(self._speaking[0].text)

    def _hold_or_give_way(self) -> None:
        """Speech against its own: after a while it stops, at a word's end where one is near."""
        if not self.ear.speaking:
            if self.ear.silence > 0.7:
                self._against = 0.0
            return
        self._against += STEP_S
        between = self._resume_at > 0.0
        if self._against < (0.15 if between else self._yield) or self._fade:
            return
        self._fade = FADE

    def _done(self, whole: bool) -> None:
        turn, rep = self._turn, self.repertoire
        part = self._at / max(1, len(self._speaking[-1].samples)) if self._speaking else 1.0
        self._speaking, self._turn, self._ready = [], None, None
        self._fade = 0
        self._last_mine = self.now
        self._gap = self._draw(GAP_S)
        if not self.ear.speaking:
            # A listener's word that fell into its turn is not the partner's turn.
            self.ear.forget()
        if turn is not None:
            if whole or self._sentence > 0 or part > 0.6 or turn.script in self._cut:
                rep.said(turn)
            self._cut.add(turn.script)
        self._wait = self._draw(SCRIPT_NUDGE_S if rep.scripted else NUDGE_S)
        if not whole and turn is not None and turn.script < 0 and self.rng.random() < 0.3:
            self._plan(rep.gave_way())
        else:
            self._plan_ahead()

    def _plan_ahead(self) -> None:
        """The next turn, rendered while the partner speaks."""
        rep = self.repertoire
        at = rep.at
        rep.partner_done()
        self._plan(rep.answer())
        rep.at = at

    def _perhaps_listen(self) -> None:
        if self._beside is not None or self._small is None or not self._small.done():
            return
        made = self._small.result()
        if (
            self.now - self._laughed > LAUGH_EVERY_S
            and self.now - self._tried > 1.0
            and self.ear.laughing()
        ):
            self._tried = self.now
            if self.rng.random() < LAUGH_SHARE:
                self._laughed = self._hummed = self.now
                self._beside, self._beside_at = made[-1 - self.rng.randrange(2)], 0
                self._lines.append(self._beside.text)
            return
        if (
            self.ear.stretch < LISTEN_S
            or self.now - max(self._hummed, self._last_mine) < HUM_EVERY_S
        ):
            return
        self._hummed = self.now - self.rng.uniform(0.0, 2.0)
        share = HUM_SHARE * (0.4 if self.repertoire.scripted else 1.0)
        if self.rng.random() >= share:
            return
        word = self.repertoire.backchannel()
        pick = self.rng.randrange(2) if not word else 2 + self._words.index(word)
        self._beside, self._beside_at = made[pick], 0

    # -- sound ----------------------------------------------------------------------------------

    def _sound(self) -> Frame:
        out = np.zeros(FRAME, np.float64)
        if self._speaking:
            self._speak(out)
        if self._beside is not None:
            piece = self._beside.samples[self._beside_at : self._beside_at + FRAME]
            out[: len(piece)] += 0.8 * piece
            self._beside_at += FRAME
            if self._beside_at >= len(self._beside.samples):
                self._beside = None
        return np.clip(out, -32768, 32767).astype(np.int16)

    def _speak(self, out: np.ndarray) -> None:
        if self._resume_at > self.now:
            if self._fade:
                self._done(whole=False)
            return
        self._resume_at = 0.0
        sound = self._speaking[self._sentence].samples
        piece = sound[self._at : self._at + FRAME].astype(np.float64)
        if self._fade:
            piece *= np.clip((self._fade - np.arange(len(piece))) / FADE, 0.0, 1.0)
            self._fade = max(0, self._fade - FRAME)
            out[: len(piece)] += piece
            self._at += FRAME
            if not self._fade:
                self._done(whole=False)
            return
        out[: len(piece)] += piece
        self._at += FRAME
        if self._at < len(sound):
            return
        self._sentence, self._at = self._sentence + 1, 0
        if self._sentence >= len(self._speaking):
            self._done(whole=True)
        else:
            self._resume_at = self.now + self._draw(BREATH_S)
            self._lines.append(self._speaking[self._sentence].text)
