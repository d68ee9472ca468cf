"""A call through a relay alone: coturn with passwords that our server makes and that run out."""

from __future__ import annotations

import contextlib
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from chromium import ARGUMENTS, CHROMIUM
from playwright.sync_api import Page, Playwright
from recorder_host import DoorProcess, free_port
from recorder_rig import Microphone
from stage_room import Room, StageHost
from test_bad_line import CALLS
from two_machines import Machine, NotHere, two_machines

from yesand.web.performer import room_boot

SECRET = "a word for this test"
#: Kinds of the two ends of the path that the call uses.
PATH = """async () => {
  for (const call of window.calls) {
    const all = [...(await call.getStats()).values()];
    const used = all.find((one) => one.type === "candidate-pair" && one.nominated
      && one.state === "succeeded");
    if (used) return ["localCandidateId", "remoteCandidateId"].map(
      (key) => all.find((one) => one.id === used[key]).candidateType);
  }
  return null;
}"""
#: What a relay gives for these servers: kinds of addresses, and what it refused.
ASKED = """async (servers) => {
  const asks = new RTCPeerConnection({ iceServers: servers, iceTransportPolicy: "relay" });
  const found = { kinds: [], errors: [] };
  asks.onicecandidate = ({ candidate }) => candidate && found.kinds.push(candidate.type);
  asks.onicecandidateerror = ({ errorCode }) => found.errors.push(errorCode);
  asks.createDataChannel("x");
  await asks.setLocalDescription();
  const over = new Promise((done) => {
    asks.onicegatheringstatechange = () => asks.iceGatheringState === "complete" && done();
  });
  await Promise.race([over, new Promise((done) => setTimeout(done, 5000))]);
  asks.close();
  return found;
}"""


@contextlib.contextmanager
def relay(machine: Machine, folder: Path) -> Iterator[str]:
    """coturn on one machine, as docs/dev/settings.md sets it up; gives its address."""
    log = folder / "turn.log"
    words = [
        "turnserver",
        "-n",
        f"--listening-ip={machine.address}",
        f"--relay-ip={machine.address}",
        "--use-auth-secret",
        f"--static-auth-secret={SECRET}",
        "--realm=yesand",
        "--no-cli",
        "--no-tls",
        "--no-dtls",
        "--no-tcp-relay",
        "--no-multicast-peers",
        "--user-quota=12",
        "--denied-peer-ip=0.0.0.0-255.255.255.255",
        f"--allowed-peer-ip={machine.address}",
        f"--pidfile={folder / 'turn.pid'}",
        f"--log-file={log}",
        "--simple-log",
    ]
    with open(folder / "turn.out", "wb") as out:
        child = subprocess.Popen(machine.inside(*words), stdout=out, stderr=out, cwd=folder)
    try:
        listening = machine.inside("ss", "-Hlnu", f"src {machine.address}:3478")
        deadline = time.monotonic() + 20
        while not subprocess.run(listening, capture_output=True, check=False).stdout:
            assert child.poll() is None and time.monotonic() < deadline, log.read_text()
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(0.1)
        yield f"turn:{machine.address}:3478?transport=udp"
    finally:
        child.terminate()
        child.wait(20)


@pytest.fixture
def machines() -> Iterator[tuple[Machine, Machine]]:
    try:
        with two_machines("turnserver", "ss") as pair:
            yield pair
    except NotHere as reason:
        pytest.skip(f"no relay in this test: {reason}")


@pytest.mark.timeout(120)
def test_two_players_meet_through_a_relay_alone_and_an_old_password_opens_nothing(
    machines: tuple[Machine, Machine],
    recorder_build: Path,
    microphone: Microphone,
    playwright: Playwright,
    tmp_path: Path,
    settings,
) -> None:
    here, there = machines
    with contextlib.ExitStack() as ends:
        address = ends.enter_context(relay(here, tmp_path))
        settings.ICE_URLS, settings.TURN_SECRET = (address,), SECRET
        boot = {"ice_servers": room_boot.ice_servers("a"), "ice_policy": room_boot.ice_policy()}
        assert boot["ice_policy"] == "relay"
        room = Room(bind="0.0.0.0")
        with here.here():
            door = DoorProcess(tmp_path / "home", f"http://127.0.0.1:{free_port()}", bind="0.0.0.0")
            ends.callback(door.close)
            door.start()
            host = StageHost(recorder_build, door, boot)
            ends.callback(host.close)
            host.room = room
            room.start()
            ends.callback(room.stop)
        pages: list[Page] = []
        for role, machine in (("a", there), ("b", here)):
            browser = playwright.chromium.launch(
                executable_path=machine.script(tmp_path / f"chromium-{role}", CHROMIUM),
                args=[
                    *ARGUMENTS,
                    f"--use-file-for-fake-audio-capture={microphone.path}",
                    f"--host-resolver-rules=MAP 127.0.0.1 {here.address}",
                ],
            )
            ends.callback(browser.close)
            context = browser.new_context()
            context.add_init_script(CALLS)
            pages.append(context.new_page())
        begun = time.monotonic()
        for role, page in zip("ab", pages, strict=True):
            page.goto(f"{host.url}/{role}")
        for page in pages:
            page.wait_for_selector("body[data-call=connected]", state="attached")
            page.wait_for_function("document.querySelector('video[data-partner]').videoWidth > 0")
        print(
            f"both see each other {time.monotonic() - begun:.1f} s after the first page was asked"
        )
        assert [page.evaluate(PATH) for page in pages] == [["relay", "relay"]] * 2
        told = " ".join(
            str(one["body"].get("candidate")) for one in room.log if one["kind"] == "signal"
        )
        assert there.address not in told, "nobody learns where the other is"

        fresh = pages[0].evaluate(ASKED, room_boot.ice_servers("a"))
        assert "relay" in fresh["kinds"], fresh
        old = room_boot.ice_servers("a", now=time.time() - room_boot.TURN_LIFE_S - 60)
        refused = pages[0].evaluate(ASKED, old)
        print(f"an old password: {refused}")
        assert refused["kinds"] == [] and 401 in refused["errors"]
