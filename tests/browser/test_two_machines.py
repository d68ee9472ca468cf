"""`--https` serves the local network: a second machine signs in, is trusted, and plays a scene.

The machines are two network namespaces on one cable, so nothing here reaches the real network.
Warned once like a person, Chromium plays with the robot who waits; a program that trusts the
authority is not warned at all.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import pytest
import soundfile
from chromium import ARGUMENTS, CHROMIUM
from playwright.sync_api import Error, Page, Playwright
from two_machines import Machine, NotHere, two_machines

from yesand.cli.rehearsal.sound import as_fake_microphone
from yesand.cli.robots.voices import RATE, duet

FAKES = Path(__file__).parents[1] / "fakes"
BUILT = Path(__file__).parents[2] / "src" / "yesand" / "web" / "static" / "built"
#: What somebody's program on the second machine finds: argv is the base address, the door's, and
#: the fingerprint that the terminal printed.
VISIT = """
import hashlib, http.client, json, ssl, sys, urllib.parse
base, door, printed = (urllib.parse.urlsplit(sys.argv[1]), urllib.parse.urlsplit(sys.argv[2]),
                       sys.argv[3])
def ask(where, path, trust, verb="GET", **headers):
    link = http.client.HTTPSConnection(where.hostname, where.port, context=trust, timeout=20)
    link.request(verb, path, headers=headers)
    answer = link.getresponse()
    return answer.status, dict(answer.getheaders()), answer.read()
blind = ssl._create_unverified_context()
status, headers, pem = ask(base, "/local-authority", blind)
assert (status, headers["Content-Type"]) == (200, "application/x-x509-ca-cert"), (status, headers)
der = ssl.PEM_cert_to_DER_cert(pem.decode())
assert hashlib.sha256(der).hexdigest().upper() == printed.replace(":", "")
trust = ssl.create_default_context(cadata=pem.decode())
found = {}
try:
    ask(base, "/", ssl.create_default_context())
except ssl.SSLCertVerificationError as error:
    found["without"] = error.verify_message
found["page"] = ask(base, "/accounts/login/", trust)[:2]
found["mails"] = ask(base, "/dev/mail", trust)[0]
asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
origin = f"{base.scheme}://{base.netloc}"
for name, who in (("ours", origin), ("other", "https://10.77.0.2:8000")):
    found[name] = ask(door, "/uploads", trust, "OPTIONS", Origin=who, **asked)[:2]
print(json.dumps(found))
"""
#: Keeps every connection of the call, to ask which addresses it uses.
CALLS = """
window.calls = [];
window.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(...words) { super(...words); window.calls.push(this); }
};
"""
PAIR = """async () => {
  for (const call of window.calls) {
    const all = [...(await call.getStats()).values()];
    const used = all.find((one) => one.type === "candidate-pair" && one.nominated
      && one.state === "succeeded");
    if (used) return ["localCandidateId", "remoteCandidateId"].map(
      (key) => all.find((one) => one.id === used[key]).address);
  }
  return null;
}"""


@dataclass
class Served:
    """A deployment on the first machine. said: what it printed; links: address by audience."""

    here: Machine
    there: Machine
    env: dict[str, str]
    said: list[str] = field(default_factory=list)
    links: dict[str, str] = field(default_factory=dict)
    robot: subprocess.Popen[str] | None = None

    def start(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.here.inside(sys.executable, *words),
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    @property
    def base(self) -> str:
        return f"https://{self.here.address}:8000"


def read_json(pipe: IO[str] | None) -> dict[str, object]:
    """The next line that is a JSON object; everything else is shown when the test fails."""
    assert pipe is not None
    for line in pipe:
        print(line, end="")
        if line.startswith("{"):
            return dict(json.loads(line))
    raise AssertionError("the robot ended early")


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    if not (BUILT / "stage.js").is_file():
        pytest.skip(f"no bundle at {BUILT}; run npm run build in browser/")
    env = {
        **{k: v for k, v in os.environ.items() if not k.startswith("YESAND_")},
        "YESAND_HOME": str(tmp_path / "home"),
        "YESAND_PG_FOLDER": os.environ["YESAND_TEST_RUN"] + f"/two-{os.getpid()}",
        "YESAND_MIN_FREE_GB": "0",
        "YESAND_DEV_PAGES": "1",
        "DJANGO_SETTINGS_MODULE": "yesand.infra.settings",
    }
    started: list[subprocess.Popen[str]] = []
    try:
        with two_machines() as (here, there):
            served = Served(here, there, env)
            try:
                started.append(served.start("-m", "yesand.cli.main", "serve", "--https"))
                assert started[0].stdout is not None
                for line in started[0].stdout:
                    served.said.append(line.rstrip("\n"))
                    if "Ctrl-C" in line:
                        break
                assert started[0].poll() is None, "\n".join(served.said)
                # What `--https` told its own children, as the robot of the demo finds it too.
                home = tmp_path / "home" / "secrets"
                env |= {
                    "YESAND_BASE_URL": served.base,
                    "YESAND_DOOR_URL": f"https://{here.address}:8001",
                    "YESAND_TLS_CERT": str(home / "tls_cert.pem"),
                    "YESAND_TLS_KEY": str(home / "tls_key.pem"),
                }
                served.robot = served.start(str(FAKES / "waiting_robot.py"))
                started.append(served.robot)
                served.links = {k: str(v) for k, v in read_json(served.robot.stdout).items()}
                yield served
            finally:
                for process in reversed(started):
                    process.send_signal(signal.SIGINT)
                for process in started:
                    process.communicate(timeout=40)
    except NotHere as reason:
        pytest.skip(f"no second machine here: {reason}")


def warned_once(page: Page, address: str) -> None:
    """Open an address for the first time, and go on after the browser's warning."""
    with pytest.raises(Error, match="ERR_CERT_AUTHORITY_INVALID"):
        page.goto(address)
    page.locator("#details-button").click()
    page.locator("#proceed-link").click()
    page.wait_for_url(address)


def trusted(served: Served) -> None:
    """A program on the second machine that trusts the authority is served all it should be."""
    printed = served.said[served.said.index(next(s for s in served.said if "trust" in s)) + 1]
    words = (served.base, f"https://{served.here.address}:8001", printed.strip())
    done = subprocess.run(
        served.there.inside(sys.executable, "-c", VISIT, *words),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert "self-signed certificate in certificate chain" in found["without"]
    status, headers = found["page"]
    assert status == 200
    assert "Secure" in headers["Set-Cookie"]
    assert f"wss://{served.here.address}:8000" in headers["Content-Security-Policy"]
    assert f"https://{served.here.address}:8001" in headers["Content-Security-Policy"]
    # a browser that remembered HTTPS for this address would be locked out by the next certificate
    assert "Strict-Transport-Security" not in headers
    assert found["mails"] == 404, "sign-in codes are for the first machine alone"
    assert found["ours"][1]["access-control-allow-origin"] == served.base
    assert "access-control-allow-origin" not in found["other"][1]


@pytest.mark.timeout(180)
def test_a_second_machine_plays_with_the_robot_that_waits(
    served: Served, playwright: Playwright, tmp_path: Path
) -> None:
    assert served.said[0] == f"YesAnd is open at {served.base}"
    assert any("▀" in line for line in served.said), "a QR code"
    assert {"Performer", "Uma", "Vic"} <= served.links.keys()
    trusted(served)

    voice = tmp_path / "voice.wav"
    track = duet(8)["a"].samples
    soundfile.write(voice, track / 2**23, RATE, subtype="PCM_16")
    mic = as_fake_microphone(voice, "voice", tmp_path / "mic.wav", 90)
    browser = playwright.chromium.launch(
        executable_path=served.there.script(tmp_path / "chromium", CHROMIUM),
        args=[*ARGUMENTS, f"--use-file-for-fake-audio-capture={mic}"],
    )
    try:
        context = browser.new_context(viewport={"width": 1280, "height": 720})
        context.add_init_script(CALLS)
        page = context.new_page()
        said: list[str] = []
        sockets: list[str] = []
        page.on("websocket", lambda socket: sockets.append(socket.url))
        warned_once(page, f"{served.base}/")
        page.on("console", lambda m: said.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        assert page.evaluate("isSecureContext && Boolean(navigator.mediaDevices)")
        page.goto(served.links["Performer"])
        assert all(cookie["secure"] for cookie in context.cookies())

        # the five seconds of the check went through the door, over the same certificate
        page.locator('[data-act="start"]').click()
        ended = 'body[data-state="ready"], body[data-state="failed"]'
        page.wait_for_selector(ended, state="attached", timeout=40_000)
        verdict = page.locator("[data-verdict], [data-problems]").all_inner_texts()
        assert page.evaluate("document.body.dataset.state") == "ready", verdict
        page.locator("a[data-go]").click()
        page.wait_for_url(re.compile("/room/[^/]+(/warm-up)?$"))
        # at once, while the browser still opens camera and room: the click is not lost
        page.locator('[data-act="ready"]').click()
        page.wait_for_selector('body[data-call="connected"]', state="attached", timeout=30_000)
        assert page.evaluate(PAIR) == [served.there.address, served.here.address]
        assert sockets and all(url.startswith(f"wss://{served.here.address}") for url in sockets)

        page.locator('[data-act="choose"]').first.click()
        page.locator('[data-act="ready"][data-scene]').click()
        recording = 'body[data-lamp="on"][data-state="playing"]'
        page.wait_for_selector(recording, state="attached", timeout=20_000)
        page.keyboard.press("Enter")
        page.wait_for_selector("form[data-notes]", timeout=40_000)
        assert said == []
    finally:
        browser.close()
    assert served.robot is not None
    sealed = read_json(served.robot.stdout)
    # Microphone, camera, events and what was heard of the other: four of each.
    assert sealed == {"lost_seconds": 0.0, "streams": ["complete"] * 8}
