"""Promise: every sample the microphone gave is in the file, or its place is declared.

    python benchmarks/continuity.py [--minutes 3] [--hogs 2] [--paths mstp worklet] [--json]

A real Chromium with our recorder and a microphone whose samples are their own numbers: sample n is
n modulo 2^20 on the 24-bit scale, and which n is due is read from the clock. So a missing sample
shows as a jump of the numbers, whatever the cause, and one that was doubled or changed too. Two
processes burn the processors meanwhile. The door is a real one; what it kept is read back.

Per path: samples stored, jumps and missing samples, silence that the browser put in, what the gap
rule (`formats.block_gaps`) and the check after the seal (`dsp.levels.dropouts`) declare, and how
late blocks were handed over. Exit 1 where samples are missing near which neither declares a thing.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import sync_playwright

HERE = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(HERE / "tests" / "browser" / "fakes"), str(HERE)]

from chromium import ARGUMENTS, CHROMIUM  # noqa: E402
from recorder_host import DoorProcess, Host, free_port  # noqa: E402

from yesand.dsp.levels import dropouts  # noqa: E402
from yesand.formats.blocks import BlockStream, find_gaps, read_stream  # noqa: E402
from yesand.kit.spans import total  # noqa: E402

RATE = 48_000
TURN = 1 << 20
#: A declared gap may lie this far from its jump: a block, and the burst that hid it.
NEAR_S = 2.0

WORKER = """
onmessage = ({data: {writable}}) => {
  const writer = writable.getWriter(), start = performance.now();
  let n = 0;
  setInterval(() => {
    const due = Math.floor((performance.now() - start) * 48);
    while (n + 480 <= due) {
      const data = new Float32Array(480);
      for (let i = 0; i < 480; i++) data[i] = ((n + i) % TURN) / 8388608;
      writer.write(new AudioData({format: "f32-planar", sampleRate: 48000, numberOfFrames: 480,
        numberOfChannels: 1, timestamp: Math.round(n / 0.048), data}));
      n += 480;
    }
  }, 5);
};
"""
PAGE = """navigator.mediaDevices.getUserMedia = async () => {
  const track = new MediaStreamTrackGenerator({kind: "audio"});
  const own = track.getSettings.bind(track);
  track.getSettings = () => ({...own(), sampleRate: 48000});
  new Worker(URL.createObjectURL(new Blob([WORKER]))).postMessage(
    {writable: track.writable}, [track.writable]);
  return new MediaStream([track]);
};"""


class BenchHost(Host):
    """The recorder's page without a policy of its own: its microphone is a worker made of text."""

    def page(self, name: str) -> str | None:
        if name != "bench":
            return None
        boot = json.dumps(self.boot | {"streams_url": "/streams"})
        return (
            '<!doctype html><html lang="en"><title>Continuity</title><body><h1>Bench</h1>'
            f'<script type="application/json" id="boot">{boot}</script>'
            '<script type="module" src="/recorder-page.js"></script></body></html>'
        )


def burn() -> None:
    """Keeps one processor busy until it is ended."""
    while True:
        sum(i * i for i in range(10_000))


def judge(stream: BlockStream) -> dict[str, Any]:
    """Missing samples by their own numbers, against what the gap rule declares.

    Sample 0 of each turn looks like silence. Other zeros are silence that the browser put in where
    its own queue ran dry: nothing is missing there, and it is counted apart.
    """
    whole = stream.samples.astype(np.int64)
    at_numbers = np.flatnonzero(whole)
    numbers = whole[at_numbers]
    step = np.diff(numbers) % TURN
    natural = np.where(numbers[:-1] == TURN - 1, 2, 1)
    jumps = at_numbers[np.flatnonzero(step != natural)]
    missing = ((step - natural) % TURN)[step != natural]
    silence = len(whole) - len(numbers) - int((natural == 2).sum())
    gaps = find_gaps(stream.blocks, stream.rate)
    cuts = dropouts(stream.floats(), RATE)
    told = [gap.at / RATE for gap in gaps] + [cut.start for cut in cuts]
    undeclared = sum(
        count
        for at, count in zip(jumps.tolist(), missing.tolist(), strict=True)
        if not any(abs(at / RATE - place) <= NEAR_S for place in told)
    )
    ends = stream.blocks["first_sample"] + stream.blocks["count"]
    late = stream.blocks["client_us"] / 1e3 - ends / RATE * 1e3
    late = late - late.min()
    return {
        "seconds": round(len(whole) / RATE, 1),
        "blocks": len(stream.blocks),
        "findings": len(stream.findings),
        "jumps": len(jumps),
        "missing_samples": int(missing.sum()),
        "silence_put_in_samples": max(0, silence),
        "longest_jump_ms": round(float(missing.max(initial=0)) / RATE * 1e3, 1),
        "declared_gaps": len(gaps),
        "declared_gap_ms": round(sum(gap.seconds for gap in gaps) * 1e3, 1),
        "dropouts": len(cuts),
        "dropout_ms": round(total(cuts) * 1e3, 1),
        "undeclared_samples": undeclared,
        "handed_late_ms": {
            "p50": round(float(np.median(late)), 1),
            "p99": round(float(np.percentile(late, 99)), 1),
            "max": round(float(late.max()), 1),
        },
    }


def record(path: str, minutes: float, built: Path, folder: Path, playwright: Any) -> BlockStream:
    """One recording by one path, as the door kept it."""
    door = DoorProcess(folder / path, f"http://127.0.0.1:{free_port()}")
    door.start()
    boot: dict[str, object] = {
        "take": f"take-{path}", "encoding": "s24", "keep_minutes": 0, "camera": False,
        "reason": "start", "intake": path,
    }  # fmt: skip
    host = BenchHost(built, door, boot)
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
    try:
        page = browser.new_page()
        worker = json.dumps(WORKER.replace("TURN", str(TURN)))
        page.add_init_script(PAGE.replace("WORKER", worker))
        page.goto(f"{host.url}/bench")
        page.wait_for_selector("body[data-state=idle]")
        page.evaluate("recorderPage.start()")
        page.wait_for_selector("body[data-state=recording]", timeout=60_000)
        page.wait_for_timeout(minutes * 60_000)
        page.evaluate("recorderPage.stop()")
        assert page.evaluate("recorderPage.reached(['declared', 'sealed'], 120000)")
        [stream] = host.streams("mic")
        return read_stream(door.spool / f"{stream}.bytes")
    finally:
        browser.close()
        host.close()
        door.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=3.0, help="of each path")
    parser.add_argument("--hogs", type=int, default=2, help="processes that burn a processor each")
    parser.add_argument("--paths", nargs="+", default=["mstp", "worklet"])
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    if not CHROMIUM:
        sys.exit("no Chromium on this machine")
    found: dict[str, Any] = {"minutes": asked.minutes, "hogs": asked.hogs}
    with tempfile.TemporaryDirectory(prefix="yesand-continuity-") as temporary:
        folder = Path(temporary)
        subprocess.run(
            ["node", "build.mjs", "--tests", "--out", str(folder / "built")],
            cwd=HERE / "browser",
            check=True,
            capture_output=True,
        )
        hogs = [multiprocessing.Process(target=burn, daemon=True) for _ in range(asked.hogs)]
        for hog in hogs:
            hog.start()
        began = time.time()
        try:
            with sync_playwright() as playwright:
                for path in asked.paths:
                    stream = record(path, asked.minutes, folder / "built", folder, playwright)
                    found[path] = judge(stream)
                    print(path, json.dumps(found[path]), flush=True)
        finally:
            for hog in hogs:
                hog.terminate()
        found["load"] = [round(x, 1) for x in os.getloadavg()]
        found["took_s"] = round(time.time() - began)
    if asked.json:
        print(json.dumps(found))
    sys.exit(1 if any(found[path]["undeclared_samples"] for path in asked.paths) else 0)


if __name__ == "__main__":
    main()
