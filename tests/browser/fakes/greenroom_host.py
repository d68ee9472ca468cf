"""The green room by its contract alone: one page, grants for a check, and where the report goes."""

from __future__ import annotations

import json

from recorder_host import Host

PAGE = """<!doctype html><html lang="en"><title>Green room</title><body><main>
<script type="application/json" id="boot">{boot}</script>
<h1 data-verdict>Let us hear and see you</h1><p data-progress></p>
<figure data-laugh><svg viewBox="0 0 200 46"><path/></svg><figcaption>Laugh</figcaption></figure>
<figure data-whisper><svg viewBox="0 0 200 46"><path/></svg><figcaption>Whisper</figcaption></figure>
<meter data-level min="0" max="1" value="0"></meter><span data-leak></span>
<div data-problems></div>
<select data-pick="mic"></select><select data-pick="cam"></select><select data-pick="out"></select>
<video data-self muted playsinline></video>
<button type="button" data-act="start">Check</button>
<button type="button" data-act="again">Again</button>
<a href="/stage" data-go>Go in</a>
</main><script type="module" src="/greenroom.js"></script></body></html>"""


class GreenRoomHost(Host):
    """Serves the green room at /check."""

    def page(self, name: str) -> str | None:
        if name != "check":
            return None
        boot = {
            "session": "session-1",
            "subject": "session-1",
            "streams_url": "/streams",
            "report_url": "/report",
            "min_uplink": 300_000,
            "min_storage": 10_000_000,
            "encoding": "s24",
            "leak_limit_db": -35,
        }
        return PAGE.format(boot=json.dumps(boot | self.boot))

    def report(self) -> dict[str, object]:
        """The last report that was sent."""
        return next(body for path, body in reversed(self.posts) if path == "/report")
