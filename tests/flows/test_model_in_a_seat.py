"""A lab's model takes a role: over the real pages, sockets and door, and over its own socket.

Its take is recorded like any other, marked, and refused by a release of people.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.fakes.conversation import STEP_S, talk
from tests.fakes.echo_player import Tone
from tests.fakes.tone_socket import listening
from yesand.cli.robots.seat import FRAME
from yesand.cli.robots.socket_seat import SocketSeat

REPOSITORY = Path(__file__).parents[2]


def free_port() -> int:
    """The first of two neighboring free ports."""
    for port in range(22000 + os.getpid() % 4000 * 2, 40000, 2):
        with socket.socket() as one, socket.socket() as two:
            try:
                one.bind(("127.0.0.1", port))
                two.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port
    raise AssertionError("no free ports")


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """What a robot and a model played at a deployment of the test's own."""
    port = free_port()
    env = {
        **{k: v for k, v in os.environ.items() if not k.startswith("YESAND_")},
        "YESAND_HOME": str(tmp_path_factory.mktemp("model") / "home"),
        "YESAND_PG_FOLDER": os.environ["YESAND_TEST_RUN"] + f"/model-{os.getpid()}",
        "YESAND_PORT": str(port),
        "YESAND_DOOR_PORT": str(port + 1),
        "YESAND_BASE_URL": f"http://127.0.0.1:{port}",
        "YESAND_DOOR_URL": f"http://127.0.0.1:{port + 1}",
        "YESAND_MIN_FREE_GB": "0",
        "YESAND_DEV_PAGES": "1",
        "DJANGO_SETTINGS_MODULE": "yesand.infra.settings",
        "PYTHONPATH": str(REPOSITORY),
    }
    served = subprocess.Popen(
        [sys.executable, "-m", "yesand.cli.main", "serve"],
        env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        assert served.stdout is not None
        said = []
        for line in served.stdout:
            said.append(line)
            if "Ctrl-C" in line:
                break
        assert served.poll() is None, "".join(said)
        done = subprocess.run(
            [sys.executable, str(REPOSITORY / "tests" / "fakes" / "model_scene.py")],
            env=env, capture_output=True, text=True, timeout=150, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-6000:]
        yield json.loads(done.stdout.strip().splitlines()[-1])
    finally:
        served.send_signal(signal.SIGINT)
        served.communicate(timeout=40)


@pytest.mark.timeout(240)
def test_a_model_plays_a_whole_scene_with_a_robot(scene: dict[str, Any]) -> None:
    whole = [f"{kind} complete" for kind in ("cam", "events", "heard", "mic") for _role in "ab"]
    assert scene["streams"] == whole
    assert scene["kinds"] == ["model", "robot"]
    # Both begin with the lamp, whatever else this machine does.
    assert max(scene["late_s"].values()) < 1.0
    told = scene["told"]
    assert told[0] == "start"
    assert told.index("scene") < told.index("take_opened") < told.index("take_closed")
    # Each heard the other: the robot spoke words, the model answered with its tone.
    assert "(a tone)" in scene["lines"]
    assert any(line not in ("(a tone)", "(laughs)") for line in scene["lines"])


def test_its_take_never_enters_a_release_of_people(scene: dict[str, Any]) -> None:
    takes, hours = scene["left_out"].pop("robots")
    assert takes == 1 and 0 < hours < 0.02
    assert scene["left_out"] == {}
    assert "No take may enter: 1 robots" in scene["refused"]
    assert "robots" not in scene["robots_left_out"]


async def test_a_model_behind_a_socket_answers_turn_by_turn() -> None:
    tone = Tone()
    server, address = await listening(tone)
    seat = SocketSeat(address)
    await seat.connect()
    try:
        seat.told("start", {"role": "b", "rate": 48_000, "frame": FRAME})
        seat.told("take_opened", {"take": "t"})
        voice = talk([(0.2, 1.4)], 2.5)
        said: list[np.ndarray] = []
        for n in range(100):
            said.append(seat.hear(voice[n * FRAME : (n + 1) * FRAME], n * STEP_S))
            await asyncio.wait_for(_answered(seat, n, tone), 5)
        seat.told("take_closed", {"take": "t"})
        spoken = [n for n, frame in enumerate(said) if frame.any()]
        assert 1.9 < spoken[0] * STEP_S < 2.1
        assert seat.lines() == ["(a tone)"] and not seat.broken
    finally:
        await seat.close()
        server.close()
        await server.wait_closed()
    assert tone.events == ["start", "take_opened", "take_closed"]
    assert seat.broken or seat.hear(np.zeros(FRAME, np.int16), 9.0) is not None


async def _answered(seat: SocketSeat, number: int, tone: Tone) -> None:
    """Until the model's answer to frame `number` is here: the next one may then be asked."""
    while len(seat._pcm) < 2 * FRAME:
        assert not seat.broken, seat.broken
        await asyncio.sleep(0)


async def test_nobody_at_the_other_end_is_told_at_once() -> None:
    with pytest.raises(OSError):
        await SocketSeat(f"ws://127.0.0.1:{free_port()}").connect()
