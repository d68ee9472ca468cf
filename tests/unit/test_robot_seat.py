"""The seam behind which a role is played: bad players, slow players, and what is kept of both."""

from __future__ import annotations

import json
import threading
import uuid
from typing import Any

import av
import numpy as np
import pytest

from yesand.cli.robots import recording as recorder
from yesand.cli.robots.call import Voice
from yesand.cli.robots.film import FPS, Film
from yesand.cli.robots.live import HELD, Incoming, Live
from yesand.cli.robots.recording import Recording
from yesand.cli.robots.seat import FRAME, SILENCE, Apart, Reciter, checked, load
from yesand.cli.robots.socket_seat import SocketSeat
from yesand.cli.robots.upload import Grant
from yesand.formats.blocks import read_stream
from yesand.formats.webm import read_film
from yesand.kit.errors import Refused

LOUD = np.full(FRAME, 5000, np.int16)


class Echo:
    """Says back what it heard; waits for `go` where there is one."""

    def __init__(self) -> None:
        self.events: list[str] = []
        self.go: threading.Event | None = None
        self.answers = LOUD

    def told(self, event: str, body: dict[str, Any]) -> None:
        self.events.append(event)

    def hear(self, frame: np.ndarray, at_s: float) -> np.ndarray:
        if self.go is not None:
            assert self.go.wait(5)
        return self.answers if at_s < 0 else frame

    def lines(self) -> list[str]:
        return []


class Mute:
    """No seat: it has no ear."""


@pytest.mark.parametrize(
    ("place", "code"),
    [
        ("no_such_module:Player", "no_player"),
        ("tests.unit.test_robot_seat:Nobody", "no_player"),
        ("tests.unit.test_robot_seat", "no_player"),
        ("", "no_player"),
        ("tests.unit.test_robot_seat:Mute", "no_seat"),
    ],
)
def test_a_class_that_is_no_player_is_refused(place, code):
    with pytest.raises(Refused) as refusal:
        load(place)
    assert refusal.value.code == code


def test_a_class_with_three_methods_is_a_player():
    assert type(load("tests.unit.test_robot_seat:Echo")).__name__ == "Echo"


@pytest.mark.parametrize(
    "answer", [None, LOUD.astype(np.float32), LOUD[:-1], np.zeros((FRAME, 2), np.int16), b"\0"]
)
def test_an_answer_that_is_not_20_ms_is_refused(answer):
    with pytest.raises(ValueError, match="int16"):
        checked(answer)


def test_a_slow_player_is_silent_and_never_late_for_good():
    slow = Echo()
    slow.go = threading.Event()
    seat = Apart(slow)
    frames = [np.full(FRAME, n + 1, np.int16) for n in range(6)]
    assert all(seat.hear(frame, 0.0) is SILENCE for frame in frames[:3])
    slow.go.set()
    heard: list[int] = []
    for _ in range(400):
        heard.append(int(seat.hear(frames[5], 0.1)[0]))
        if heard[-1] == 6:
            break
        threading.Event().wait(0.005)
    # What it owed is left out: the newest frame comes, not the first three one after another.
    assert heard[-1] == 6 and heard.count(1) + heard.count(2) + heard.count(3) <= 2
    seat.told("end", {})


def test_a_player_that_breaks_is_silent_from_then_on():
    broken = Echo()
    broken.answers = np.zeros(3, np.int16)
    seat = Apart(broken)
    seat.hear(LOUD, -1.0)
    seat._thread.join(5)
    assert "must return int16" in seat.broken
    assert seat.hear(LOUD, 0.0) is SILENCE


def test_a_track_is_said_from_the_moment_a_take_opens():
    seat = Reciter(np.arange(1, 3000, dtype=np.int32) << 8)
    assert not seat.hear(LOUD, 0.0).any()
    seat.told("take_opened", {})
    assert seat.hear(LOUD, 0.02)[0] == 1 and seat.hear(LOUD, 0.04)[0] == FRAME + 1
    seat.told("take_closed", {})
    assert not seat.hear(LOUD, 0.06).any()


def test_words_of_the_wire_are_checked():
    seat = SocketSeat("ws://nowhere")
    seat._took(b"\1\0" * 1000)
    seat._took(json.dumps({"type": "line", "text": "Well."}))
    assert seat.lines() == ["Well."] and seat.lines() == []
    assert seat.hear(LOUD, 0.0).tolist() == [1] * FRAME
    assert seat.hear(LOUD, 0.02).tolist() == [1] * 40 + [0] * (FRAME - 40)
    seat._took(b"\1\0" * 5000)
    seat._took('{"type": "flush"}')
    assert not seat.hear(LOUD, 0.04).any()
    for bad in (b"\0\0\0", "[]", '{"type": "dance"}', "nonsense", '{"type": "line", "text": 3}'):
        with pytest.raises(ValueError):
            seat._took(bad)


def audio(samples: int, pts: int, channels: int = 2, level: int = 5000) -> av.AudioFrame:
    data = np.full((1, samples * channels), level, np.int16)
    made = av.AudioFrame.from_ndarray(data, "s16", "stereo" if channels == 2 else "mono")
    made.sample_rate, made.pts = 48_000, pts
    return made


def test_what_arrives_is_cut_into_20_ms_and_a_hole_is_silence():
    incoming = Incoming()
    assert incoming.next() is SILENCE
    incoming.arrived(audio(FRAME, 0))
    assert incoming.next() is SILENCE  # held back against jitter
    incoming.arrived(audio(FRAME, 2 * FRAME))  # one packet is missing
    levels = [int(incoming.next()[0]) for _ in range(HELD + 2)]
    assert levels == [5000, 0, 5000, 0]
    incoming.arrived(audio(480, 3 * FRAME, channels=1))
    incoming.arrived(audio(480, 3 * FRAME + 480, channels=1))
    incoming.arrived(audio(FRAME, 4 * FRAME))
    assert [int(incoming.next()[0]) for _ in range(2)] == [5000, 5000]


def test_a_busy_second_delays_nothing_for_good():
    incoming = Incoming()
    for n in range(12):  # 240 ms came at once
        incoming.arrived(audio(FRAME, n * FRAME, 1, level=n + 1))
    waiting = []
    for n in range(12, 130):
        waiting.append(n - int(incoming.next()[0]))
        incoming.arrived(audio(FRAME, n * FRAME, 1, level=n + 1))
    assert waiting[0] == 11 and waiting[-1] <= HELD + 1


async def test_a_new_line_begins_with_what_is_said_now():
    voice = Voice()
    for n in range(20):
        voice.put(np.full(FRAME, n + 1, np.int16))
    heard = [int((await voice.recv()).to_ndarray()[0, 0])]
    for n in range(20, 23):
        voice.put(np.full(FRAME, n + 1, np.int16))
    heard += [int((await voice.recv()).to_ndarray()[0, 0]) for _ in range(3)]
    assert heard == [20, 21, 22, 23]


class Uploads:
    """Stands for the door: keeps what each stream was given."""

    def __init__(self, grant: Grant) -> None:
        self.grant, self.data = grant, bytearray()

    def add(self, data: bytes) -> None:
        self.data += data

    async def send(self) -> None: ...

    async def finish(self) -> None: ...


class Pages:
    """Stands for the server: grants every stream."""

    door = None

    async def post_json(self, url: str, body: dict[str, Any]) -> dict[str, Any]:
        return {"stream": str(uuid.uuid4()), "token": "t", "door_url": "", **body}


async def test_a_robot_keeps_what_it_says_and_hears_and_nothing_of_a_pause(monkeypatch):
    monkeypatch.setattr(recorder, "Uploader", lambda _door, grant: Uploads(grant))
    recording = Recording(Pages(), "/streams", "take", "a")  # type: ignore[arg-type]
    live = Live(Echo(), lambda _: None, lambda _: None)
    live.recording = recording
    tone = (8000 * np.sin(2 * np.pi * 440 * np.arange(FRAME * 50) / 48_000)).astype(np.int16)
    for n in range(50):
        live.incoming.arrived(audio(FRAME, n * FRAME, 1))
        recording.add(
            tone[n * FRAME : (n + 1) * FRAME], tone[n * FRAME : (n + 1) * FRAME], 20.0 * (n + 1)
        )
        if n == 6:
            await recording.open()  # the first 140 ms were said before the streams were there
        if n == 27:
            recording.pause("pause")
        if n == 37:
            recording.go_on()
    await recording.finish()
    streams = recording._streams
    mic, heard = (read_stream(bytes(streams[kind].data)) for kind in ("mic", "heard"))
    assert (mic.rate, heard.rate) == (48_000, 16_000)
    assert len(mic.samples) == 40 * FRAME and len(heard.samples) == 40 * FRAME // 3
    assert np.array_equal(mic.samples[: 28 * FRAME], tone[: 28 * FRAME].astype(np.int32) << 8)
    # 440 Hz goes through the filter whole, a third of the samples.
    assert np.abs(heard.samples[1000:3000]).max() == pytest.approx(8000 * 256, rel=0.02)
    lines = [json.loads(line) for line in bytes(streams["events"].data).splitlines()]
    kinds = [line["type"] for line in lines]
    assert kinds.count("pause") == kinds.count("resume") == 1
    assert {line["kind"] for line in lines if line["type"] == "stream_start"} == {
        "mic",
        "cam",
        "heard",
    }


def test_its_film_is_what_a_camera_of_ours_sends():
    film = Film("b")
    data = film.upto(1.0, [True, False, True]) + film.upto(2.5, []) + film.end()
    found = read_film(data, most_seconds=10)
    assert (found.codec, found.width, found.height) == ("vp8", 320, 180)
    assert found.frames == round(2.5 * FPS) and not found.torn
