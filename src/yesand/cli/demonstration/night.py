"""The evening of the demo: book, play, seal, rate, release, take back; then a robot who waits."""

from __future__ import annotations

import asyncio
import datetime as dt
import random
import ssl
import time
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from yesand.capture.models import Seal
from yesand.cli.demonstration import again
from yesand.cli.demonstration.cast import Cast
from yesand.cli.robots.actor import Actor
from yesand.cli.robots.player import Player
from yesand.cli.robots.seat import Reciter
from yesand.cli.robots.voices import Track, duet
from yesand.commission import actions as commission
from yesand.commission import reads as accepted
from yesand.consent import actions as consent
from yesand.infra import environ
from yesand.kit.errors import refuse
from yesand.labels import actions as labels
from yesand.labels import rules
from yesand.matching import actions as matching
from yesand.matching.models import Booking, Seat
from yesand.people.entry import path_for
from yesand.people.models import Person
from yesand.post.models import Processing
from yesand.release import actions as release
from yesand.release.models import Release
from yesand.stage import actions as stage
from yesand.stage.models import Session, Take

SECONDS = 14.0
PATIENCE = 180.0
#: What the partner hears later than Bo says it and Bo later than they say it, together, seconds.
LAG_S = 0.15
LEAST_LEFT = dt.timedelta(minutes=10)


def trust() -> ssl.SSLContext:
    """How robots check this deployment's certificate, the one this machine made included."""
    context = ssl.create_default_context()
    cert = environ.current().tls_cert
    if cert:
        context.load_verify_locations(cafile=cert)
    return context


def _over_tls() -> ssl.SSLContext | None:
    return trust() if settings.BASE_URL.startswith("https") else None


def _book(cast: Cast, a: Person, b: Person, minutes: int) -> Booking:
    """A booking of these two whose room is open: the one of a moment ago, or a new one."""
    now = timezone.now().replace(second=0, microsecond=0)
    for seat in Seat.objects.filter(person=a, booking__seats__person=b).select_related("booking"):
        session = Session.objects.filter(booking=seat.booking).first()
        ends = seat.booking.starts_at + dt.timedelta(minutes=seat.booking.minutes)
        over = session is not None and session.state == "ended"
        if not over and seat.booking.state in ("confirmed", "playing"):
            playing = Take.objects.filter(scene__session=session, state="open").exists()
            if ends - now > LEAST_LEFT or (playing and ends > now):
                return seat.booking
            if session is not None:
                stage.end_session(session)
        # Nobody in a demo plays twice in an hour for its pay: what is over holds no time.
        seat.booking.holds.all().delete()
    booking = matching.book(cast.seeded.commission, a, b, now, minutes)
    for seat in Seat.objects.filter(booking=booking):
        matching.answer(seat, True)
    booking.refresh_from_db()
    return booking


def play(cast: Cast) -> tuple[list[UUID], str]:
    """Two scenes at once, two robots each, through the same pages, sockets and door as people."""
    program = cast.seeded.program
    for pair in cast.pairs:
        again.clear_up(pair)
    takes = {pair: again.whole_take(pair) for pair in cast.pairs}
    missing = [pair for pair, take in takes.items() if take is None]
    voices = duet(SECONDS + 6)
    players = []
    for a, b in missing:
        session = stage.open_session(_book(cast, a, b, 30))
        two = [
            _player(person, role, voices[role], SECONDS) for role, person in (("a", a), ("b", b))
        ]
        two[0].leads, two[0].pulls, two[1].pulls = True, 2, 1
        players.append((str(session.pk), two))
    asyncio.run(_scenes(players))
    for pair, (session_id, two) in zip(missing, players, strict=True):
        takes[pair] = UUID(two[0].takes[0])
        stage.end_session(Session.objects.get(pk=session_id))
    played = [take for take in takes.values() if take is not None]
    for pair, take in zip(cast.pairs, played, strict=True):
        again.choose(pair, program, take)
    if not missing:
        return played, "The robots' scenes of last time are kept"
    return (
        played,
        f"{len(missing)} pairs of robots played {SECONDS:.0f} s each and kept their takes",
    )


def _player(person: Person, role: str, track: Track, seconds: float) -> Player:
    return Player(
        settings.BASE_URL,
        path_for(person, "/me"),
        role,
        Reciter(track.samples),
        seconds,
        verify=trust(),
    )


async def _scenes(players: list[tuple[str, list[Player]]]) -> None:
    context = _over_tls()

    async def one(session: str, player: Player) -> None:
        await player.enter()
        await player.green_room(session)
        await player.play(session, takes=1, ssl=context)
        await player.finish()

    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(*(one(s, p) for s, pair in players for p in pair))


def _until(what: str, done: object) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if done():  # type: ignore[operator]
            return
        time.sleep(0.2)
    raise refuse("too_slow", f"{what} took longer than {PATIENCE:.0f} s.")


def sealed(takes: list[UUID]) -> tuple[None, str]:
    """Wait for seal, processing and verdict; a producer's eye for what only behavior raised."""
    _until("Sealing", lambda: Seal.objects.filter(take__in=takes).count() == len(takes))
    _until(
        "Processing",
        lambda: (
            Processing.objects.filter(take__in=takes, state__in=("done", "failed")).count()
            >= len(takes)
        ),
    )
    lost = sum(Seal.objects.filter(take__in=takes).values_list("lost_seconds", flat=True))
    for take in Take.objects.filter(pk__in=takes).select_related("scene__session__commission"):
        if not accepted.accepted(take.pk):
            order = take.scene.session.commission
            commission.accept(take.pk, order, None, "Robots: heard whole by nobody but us.")
    return None, f"Sealed, {lost:.3f} s lost; clock map, turns, levels and a verdict for each"


def rated(cast: Cast, takes: list[UUID]) -> tuple[None, str]:
    """Three robots rate every item once, so that a person still finds them open."""
    rng = random.Random(7)
    count = 0
    for take in takes:
        labels.make_items(take)
    for ear in cast.ears:
        while item := labels.next_item(ear, cast.seeded.program):
            said = rules.read_answer(rng.choice(("amusement", "affection", "joy", "relief")), 2)
            labels.rate(item, ear, said, plays=1)
            count += 1
    return None, f"Players' notes and {count} answers of robot raters, in four views"


def released(cast: Cast, takes: list[UUID]) -> tuple[None, str]:
    """A signed release of robots; then one of them takes a take back."""
    program = cast.seeded.program
    before = Release.objects.filter(program=program, state="published").first()
    if before is None:
        first = release.build(program, "recognition_training", name=program.slug, robots=True)
        before = release.publish(first)
        # The lab has it when the withdrawal comes, so the withdrawal asks for its answer.
        release.note_pull(before, cast.kaisa)
    held = set(before.takes.values_list("take_id", flat=True))
    if len(takes) > 1 and takes[1] in held and takes[0] in held:
        consent.withdraw(cast.pairs[1][0], program, take=takes[1])
        _until(
            "The withdrawal",
            lambda: Release.objects.filter(
                program=program, state="published", predecessor=before
            ).exists(),
        )
    now = Release.objects.filter(program=program, state="published").latest("published_at")
    says = f"Signed release {now.name} {now.version}: {release.folder_of(now)}"
    return None, says


def waiting_room(cast: Cast) -> Session:
    """The room of a booking of Ada with Bo that runs now."""
    return stage.open_session(_book(cast, cast.ada, cast.bo, 60))


def room_for_two(cast: Cast) -> Session:
    """The room of a booking of the two people that runs now."""
    return stage.open_session(_book(cast, *cast.two, 60))


async def wait_with_bo(cast: Cast, session: Session, takes: int | None = None) -> None:
    """Bo sits in the room and plays along: `takes` takes, or until the demo is stopped."""
    context = _over_tls()
    link = await asyncio.to_thread(path_for, cast.bo, "/me")
    # One thread renders Bo's lines beside the sockets, so that Bo's clock is never held up.
    actor = Actor(seed=11, executor=ThreadPoolExecutor(1, "bo"), lag_s=LAG_S)
    bo = Player(settings.BASE_URL, link, "b", actor, verify=trust())
    await bo.enter()
    await bo.green_room(str(session.pk))
    while True:
        try:
            await bo.play(str(session.pk), takes=takes, ssl=context)
            return
        except Exception as trouble:
            # The pages may be restarting; Bo comes back like a person who reloads.
            print(f"   Robot Bo comes back: {type(trouble).__name__}: {trouble}", flush=True)
            await asyncio.sleep(2)
