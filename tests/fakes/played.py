"""Takes that were played, sealed and processed, straight from rows and objects.

`Stage` holds one program with its people; `stage.take()` adds a take of generated speech that
both kept and a producer accepted. Nothing of it needs a browser, a door or a worker.
"""

from __future__ import annotations

import datetime as dt
import functools
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from django.utils import timezone

from yesand.capture.models import Seal, Track
from yesand.cli import seeding
from yesand.cli.robots.voices import duet
from yesand.commission import actions as commission
from yesand.commission import schema
from yesand.commission.models import Commission, Prompt
from yesand.consent import actions as consent
from yesand.formats.audio import encode_flac
from yesand.infra import objects
from yesand.kit.canonical import canonical_json
from yesand.labels import actions as labels
from yesand.labels import rules
from yesand.matching import actions as matching
from yesand.people.models import Person, Program
from yesand.post.models import Processing
from yesand.recording import actions as recording
from yesand.stage.models import Cue, Place, Scene, Session, Take

SECONDS = 6.0
BOTH = ("recognition_training", "evaluation_only")
_numbers = itertools.count(1)


@functools.cache
def voices(seed: int = 7, seconds: float = SECONDS) -> dict[str, np.ndarray]:
    """Two generated voices in turns, int32 at 48 kHz."""
    return {role: track.samples for role, track in duet(seconds, seed).items()}


@functools.cache
def flac(seed: int, seconds: float, role: str) -> bytes:
    return encode_flac(voices(seed, seconds)[role])


@dataclass
class Stage:
    """One program and everybody in it. Pairs are made on demand, each of one split pool."""

    seeded: seeding.Seeded
    raters: list[Person] = field(default_factory=list)

    @property
    def program(self) -> Program:
        return self.seeded.program

    @property
    def producer(self) -> Person:
        return self.seeded.producer

    def performer(
        self,
        alias: str = "",
        pool: str = "train",
        purposes: Sequence[str] = BOTH,
        kind: str = "human",
    ) -> Person:
        number = next(_numbers)
        name = alias or f"P{number}"
        made = seeding.performer(
            self.seeded, f"p{number}@played.example", name, pool, player_kind=kind
        )
        if purposes:
            seeding.agree(made, self.program, purposes)
        return made

    def pair(self, pool: str = "train", **more: object) -> tuple[Person, Person]:
        return self.performer(pool=pool, **more), self.performer(pool=pool, **more)  # type: ignore[arg-type]

    def rater(self, signed: bool = True) -> Person:
        number = next(_numbers)
        made = seeding.rater(self.seeded, f"r{number}@played.example", f"R{number}", signed)
        self.raters.append(made)
        return made

    def engineer(self) -> Person:
        number = next(_numbers)
        return seeding.engineer(self.seeded, f"e{number}@lab.example", f"E{number}")

    def order(self, use: str) -> Commission:
        """The program's open order for a use."""
        known = Commission.objects.filter(program=self.program, use=use, state="open").first()
        if known is not None:
            return known
        text = seeding.ORDER.format(hours=1).replace("use: train", f"use: {use}")
        text = text.replace("name: Light scenes, English", f"name: For {use}")
        drafted = commission.draft(self.program, schema.read_order(text, "played"))
        return commission.open_commission(commission.approve(drafted, "tests"))

    def session(self, pair: tuple[Person, Person], use: str = "train") -> Session:
        start = timezone.now().replace(second=0, microsecond=0)
        while matching.Hold.objects.filter(person__in=pair, quarter__gte=start).exists():
            start += dt.timedelta(hours=1)
        booking = matching.book(self.order(use), *pair, start, 30)
        for seat in booking.seats.all():
            matching.answer(seat, True)
        made = Session.objects.create(
            program=self.program, commission=self.order(use), booking=booking, state="ended"
        )
        for role, person in zip("ab", pair, strict=True):
            Place.objects.create(session=made, person=person, role=role, alias=person.alias)
        return made

    def take(
        self,
        pair: tuple[Person, Person] | None = None,
        *,
        use: str = "train",
        choices: Sequence[str] = ("keep", "keep"),
        cues: Sequence[tuple[str, float]] = (("a", 0.5), ("b", 3.0)),
        seconds: float = SECONDS,
        seed: int = 7,
        sealed: bool = True,
        processed: bool = True,
        accepted: bool = True,
        items: bool = True,
        session: Session | None = None,
    ) -> Take:
        """A played take. cues: (role, shown at), the first role's cue aims at a feeling asked.

        choices: of a and b; "" is silence.
        """
        pair = pair or self.pair()
        session = session or self.session(pair, use)
        prompts = Prompt.objects.filter(language="en", shape="improvised")
        prompt = prompts.order_by("slug")[session.scenes.count()]
        scene = Scene.objects.create(session=session, index=session.scenes.count(), prompt=prompt)
        opened = timezone.now().timestamp() - 100 - seconds + next(_numbers) / 10
        take = Take.objects.create(
            scene=scene, number=1, state="closed", opened_at=opened, closed_at=opened + seconds
        )
        order = session.commission
        for role, shown in cues:
            feeling = {"a": "joy", "b": "affection"}[role]
            Cue.objects.create(
                take=take, role=role, action="Let them off the hook", aim_emotion=feeling,
                aim_intensity=2, asked_at=opened + shown - 0.2, displayed_at=opened + shown,
                response="took", responded_at=opened + shown + 1, span_end=opened + shown + 2.2,
            )  # fmt: skip
        cell = order.cells.filter(feeling="joy").order_by("relationship").first()
        if cues and cell is not None:
            filled = (cell.feeling, cell.relationship, cell.language)
            commission.record_fill(take.pk, order, [filled], "recorded")
        for place in session.places.all():
            self._microphone(take, place)
        if sealed:
            Seal.objects.create(
                take=take, manifest_sha256="0" * 64, manifest={}, lost_seconds=0.0,
                sealed_at=timezone.now(),
            )  # fmt: skip
        if processed:
            process(take, seed, seconds)
        if accepted:
            commission.accept(take.pk, order, self.producer, "Whole and clear.")
        if items:
            labels.make_items(take.pk)
        for person, choice in zip(pair, choices, strict=True):
            if choice:
                consent.choose(person, self.program, take.pk, choice)
        return take

    def _microphone(self, take: Take, place: Place) -> None:
        opened = recording.open_recording(self.program, place.person, "take", take.pk, place.role)
        stream, _token, _door = recording.open_stream(opened, "mic")
        recording.sealed(stream, 4096, "h", "s", f"takes/{take.pk}/{place.role}/mic.pcm")
        Track.objects.create(
            take=take, role=place.role, kind="mic", stream=stream, state="complete", rate=48_000,
            settings={"echoCancellation": False, "noiseSuppression": False},
        )  # fmt: skip

    def rate_all(self, rater: Person, primary: str = "joy", intensity: int = 2) -> int:
        """The rater answers everything open to them; how many."""
        count = 0
        while item := labels.next_item(rater, self.program):
            labels.rate(item, rater, rules.read_answer(primary, intensity))
            count += 1
        return count


def process(take: Take, seed: int = 7, seconds: float = SECONDS) -> Processing:
    """What post leaves: aligned tracks, a clock, a turn of each, two measures each."""
    prefix = f"takes/{take.pk}/derived/post-1"
    for role in "ab":
        objects.default().put(f"{prefix}/{role}.flac", [flac(seed, seconds, role)])
    lane = {"per_second": 20, "full": 1.0, "peaks": [0.1] * round(20 * seconds)}
    objects.default().put(f"{prefix}/peaks.json", [canonical_json({"a": lane, "b": lane})])
    turn = {
        "kind": "turn", "view": "silence", "confidence": None, "fto_as_heard_a": 0.1,
        "fto_as_heard_b": 0.1, "overlap_s": 0.0,
    }  # fmt: skip
    half = seconds / 2
    return Processing.objects.create(
        take=take,
        pipeline_version="post-1",
        state="done",
        clock={
            "pair": {
                "valid": True, "why": "", "offset_ms": 12.0, "uncertainty_ms": 4.0,
                "drift_ppm": 3.0,
            },
            "gaps": {"a": [[0.0, 0.1]], "b": [[0.0, 0.1]]},
        },
        segments={
            "segments": [
                {"role": "a", "kind": "ipu", "view": None, "start": 0.3, "end": half - 0.4,
                 "confidence": None},
                {"role": "b", "kind": "ipu", "view": None, "start": half, "end": seconds - 0.4,
                 "confidence": None},
            ],
            "turns": [
                {**turn, "role": "a", "start": 0.3, "end": half - 0.4},
                {**turn, "role": "b", "start": half, "end": seconds - 0.4},
            ],
        },
        measures=[
            {"role": role, "measure": name, "value": value, "unit": unit, "valid": True,
             "version": "post-1"}
            for role in "ab"
            for name, value, unit in (("snr", 41.0, "dB"), ("leak", -60.0, "dB"))
        ],
        aligned_key=prefix,
        peaks_key=f"{prefix}/peaks.json",
        verdict="accept",
    )  # fmt: skip


def make_stage(name: str = "Played", hours: float = 4) -> Stage:
    """An open program with texts, deck, order and money."""
    return Stage(seeding.program(name, f"mo{next(_numbers)}@played.example", hours))
