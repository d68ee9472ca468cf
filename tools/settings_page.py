"""Write docs/dev/settings.md from the code: `python tools/settings_page.py`."""

from __future__ import annotations

from pathlib import Path

from yesand.infra.environ import VARIABLES
from yesand.web.doors.limits import Limits

PAGE = Path(__file__).resolve().parents[1] / "docs" / "dev" / "settings.md"
HEAD = """# Settings

A deployment is set by environment variables; nothing needs to be set for a house on your own
machine. `yesand doctor` says what is wrong with them. This page is written by
`tools/settings_page.py`.

| variable | meaning | default |
|---|---|---|
"""
#: After the table.
TAIL = """
## A relay for the call

Two players reach each other directly unless `YESAND_ICE_URLS` names a relay; with one, they meet
only through it and nobody learns the other's address. coturn (Debian: `coturn`), with the word of
`YESAND_TURN_SECRET` in its file:

```
listening-ip=203.0.113.7
relay-ip=203.0.113.7
realm=yesand
use-auth-secret
static-auth-secret=THE WORD OF YESAND_TURN_SECRET
user-quota=12
no-cli
no-tcp-relay
no-multicast-peers
denied-peer-ip=0.0.0.0-255.255.255.255
allowed-peer-ip=203.0.113.7
```

and here `YESAND_ICE_URLS=turn:203.0.113.7:3478?transport=udp,turn:203.0.113.7:3478?transport=tcp`.
Both ends of a call lie on the relay, so it need reach no other address, and it must not: a relay
that forwards anywhere opens your own network. Passwords are made for one seat of one room, hold
four hours and are stored nowhere; an old one opens nothing. `user-quota` counts per seat.
`tests/browser/test_relay.py` plays over such a relay; `make setup` installs it as root for the
tests, without starting its service, and a skip says what is missing elsewhere.
"""


# Read by one process or one verb alone.
ALONE = {
    "YESAND_DOOR_LIMITS": "What the door allows itself and its clients, as name=number with "
    "commas. Default: " + ", ".join(f"{name}={value}" for name, value in vars(Limits()).items()),
    "YESAND_TOKEN": "What yesand pull and yesand feed sign in with. Default: none",
}


def page() -> str:
    """The whole page as Markdown."""
    rows = []
    for name, text in {**VARIABLES, **ALONE}.items():
        meaning, _, default = text.partition(" Default: ")
        rows.append(f"| `{name}` | {meaning} | {default} |")
    return HEAD + "\n".join(rows) + "\n" + TAIL


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
