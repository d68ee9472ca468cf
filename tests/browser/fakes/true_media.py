"""A microphone and a camera that show the host's clock, for a page that asks for its own.

Fake devices of a browser know no clock. Here every sample and every picture says when it was made:
the microphone beeps at each whole second of Unix time (`performance.timeOrigin` plus
`performance.now()`, one clock for all processes of a host) over a murmur of its own, and the
camera is a canvas whose lower half has a bar as long as the second is old, and whose upper half
turns from black to white or back in the very animation frame in which a cue is on the screen. A worker feeds the sound, so that the page being busy makes it late, never wrong; its
sample clock is `PPM` off.
"""

from __future__ import annotations

import json

import numpy as np
from numpy.typing import NDArray

BEEP_HZ = 2000
BEEP_MS = 20
WIDTH, HEIGHT = 320, 180

WORKER = """
onmessage = ({data: {writable, seed, ppm}}) => {
  const rate = 48000, writer = writable.getWriter();
  const now = () => performance.timeOrigin + performance.now();
  const start = now(), pace = rate * (1 + ppm * 1e-6) / 1000;
  let n = 0, state = seed, low = 0, env = 0, aim = 0;
  const random = () => (state = (state * 1664525 + 1013904223) >>> 0) / 4294967296 * 2 - 1;
  const step = () => {
    const due = Math.floor((now() - start) * pace);
    while (n + 480 <= due) {
      const data = new Float32Array(480);
      for (let i = 0; i < 480; i++) {
        const ms = (start + (n + i) / pace) % 1000;
        if ((n + i) % 7200 === 0) aim = random() > -0.4 ? 0.12 : 0.002;
        env += (aim - env) / 1500;
        low += 0.35 * (random() - low);
        data[i] = ms < BEEP_MS ? 0.6 * Math.sin(2 * Math.PI * BEEP_HZ * ms / 1000) : env * low;
      }
      writer.write(new AudioData({format: "f32-planar", sampleRate: rate, numberOfFrames: 480,
        numberOfChannels: 1, timestamp: Math.round(n / rate * 1e6), data}));
      n += 480;
    }
  };
  setInterval(step, 5);
};
"""

PAGE = """(() => {
  const worker = () => new Worker(URL.createObjectURL(new Blob([WORKER])));
  const sound = () => {
    const track = new MediaStreamTrackGenerator({kind: "audio"});
    worker().postMessage({writable: track.writable, seed: SEED, ppm: PPM}, [track.writable]);
    return track;
  };
  const picture = () => {
    const canvas = Object.assign(document.createElement("canvas"), {width: WIDTH, height: HEIGHT});
    const pen = canvas.getContext("2d");
    let shown = false, marker = false, odd = false;
    const paint = () => {
      requestAnimationFrame(paint);
      const cue = document.querySelector("[data-cue]");
      const now = cue !== null && !cue.hidden;
      const turned = now && !shown;
      shown = now;
      if (turned) marker = !marker;
      odd = !odd;
      if (odd && !turned) return;
      const ms = (performance.timeOrigin + performance.now()) % 1000;
      pen.fillStyle = marker ? "#fff" : "#000";
      pen.fillRect(0, 0, WIDTH, HEIGHT / 2);
      pen.fillStyle = "#000";
      pen.fillRect(0, HEIGHT / 2, WIDTH, HEIGHT / 2);
      pen.fillStyle = "#fff";
      pen.fillRect(0, HEIGHT / 2, WIDTH * ms / 1000, HEIGHT / 2);
    };
    requestAnimationFrame(paint);
    // Every painting is a picture: 30 a second, and one more where a cue comes between two.
    return canvas.captureStream().getVideoTracks()[0];
  };
  navigator.mediaDevices.getUserMedia = async (wish) => new MediaStream([
    ...(wish.audio ? [sound()] : []), ...(wish.video ? [picture()] : [])]);
})();"""


def script(seed: int, ppm: float) -> str:
    """For `add_init_script`: the page's own devices. ppm: how fast its sound card counts."""
    worker = WORKER.replace("BEEP_MS", str(BEEP_MS)).replace("BEEP_HZ", str(BEEP_HZ))
    words = {"WORKER": json.dumps(worker), "SEED": str(seed), "PPM": str(ppm)}
    words |= {"WIDTH": str(WIDTH), "HEIGHT": str(HEIGHT)}
    page = PAGE
    for name, value in words.items():
        page = page.replace(name, value)
    return page


def beeps(samples: NDArray[np.float64], rate: int) -> NDArray[np.float64]:
    """First samples of the beeps, fractional, by matched filter; in order."""
    n = round(BEEP_MS * rate / 1000)
    shape = np.exp(-2j * np.pi * BEEP_HZ * np.arange(n) / rate)
    power = np.abs(
        np.correlate(samples, shape.real, "valid") + 1j * np.correlate(samples, shape.imag, "valid")
    )
    found: list[float] = []
    least = 0.5 * float(power.max())
    at = 0
    while at < len(power):
        if power[at] > least:
            top = at + int(np.argmax(power[at : at + n]))
            # The triangle of a matched filter: its middle is where both sides are as high.
            low, high = max(0, top - n // 2), min(len(power) - 1, top + n // 2)
            found.append(top + 0.25 * n * float((power[high] - power[low]) / power[top]))
            at = top + rate // 2
        else:
            at += 1
    return np.array(found)


def marked(picture: NDArray[np.uint8]) -> bool:
    """Whether the marker of a gray picture (h, w) is white."""
    return float(picture[: int(picture.shape[0] * 0.45)].mean()) > 128


def bar_ms(picture: NDArray[np.uint8]) -> float | None:
    """Milliseconds of the second that a gray picture (h, w) shows; None near the second's edges."""
    row = picture[int(picture.shape[0] * 0.7) : int(picture.shape[0] * 0.9)].mean(axis=0)
    filled = float(np.clip((row - 16) / (235 - 16), 0, 1).sum()) / picture.shape[1]
    return filled * 1000 if 0.03 < filled < 0.97 else None
