"""One bench item by the contract of browser/README.md, *Bench*: the form, a lane, its sound."""

from __future__ import annotations

import io
import json
import wave
from http.server import BaseHTTPRequestHandler

import numpy as np
from recorder_host import Host, answer

GRID = {"q": "joy", "w": "amusement", "s": "neutral", "g": "sadness", "z": "anger"}
STRENGTHS = {1: "slight", 2: "clear", 3: "strong"}
DATA = {
    "seconds": 2,
    "from": 0,
    "overlaps": [],
    "cues": [],
    "findings": [],
    "outs": [],
    "judge": [1, 2],
    "lanes": [
        {
            "role": role,
            "name": name,
            "media": f"/{role}.wav",
            "peaks": f"/{role}.json",
            "offset": 0,
            "turns": [],
            "backchannels": [],
            "gaps": [],
        }
        for role, name in (("a", "This character"), ("b", "Partner"))
    ],
}


def tone() -> bytes:
    """Two seconds of a quiet tone as a WAV."""
    samples = (np.sin(np.arange(16000) * 0.3) * 3000).astype("<i2")
    data = io.BytesIO()
    with wave.open(data, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(samples.tobytes())
    return data.getvalue()


class BenchHost(Host):
    """Serves the item at /bench."""

    def serve(self, request: BaseHTTPRequestHandler) -> None:
        if request.path.endswith(".wav"):
            return answer(request, 200, tone(), "audio/wav")
        if request.path in ("/a.json", "/b.json"):
            peaks = {"per_second": 20, "full": 1, "peaks": [0.1] * 40}
            return answer(request, 200, json.dumps(peaks).encode(), "application/json")
        super().serve(request)

    def page(self, name: str) -> str | None:
        if name != "bench":
            return None
        words = "".join(
            f'<label><input type="radio" name="primary" value="{word}" data-key="{key}">{word}</label>'
            for key, word in GRID.items()
        )
        strong = "".join(
            f'<button name="intensity" value="{n}" data-key="{n}">{word}</button>'
            for n, word in STRENGTHS.items()
        )
        return f"""<!doctype html><html lang="en"><title>Bench</title><body><main><h1>Bench</h1>
<section data-timeline><script type="application/json">{json.dumps(DATA)}</script>
<div data-lanes></div><button type="button" data-act="play">Again</button> <span data-at></span></section>
<form data-bench><input type="hidden" name="secondary"><input type="hidden" name="seconds">
<input type="hidden" name="plays" value="1"><div class="keys">{words}</div>{strong}
<button class="none" name="intensity" value="">neutral has none</button>
<label><input type="radio" name="primary" value="other" data-key="o">other</label>
<input name="other_word"><button name="primary" value="cant_tell" data-key="?">can't tell</button>
<button name="undo" value="1" data-key="u">Undo</button>
<p data-bench-status role="status"></p></form>
</main><script type="module" src="/bench.js"></script></body></html>"""
