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
    return HEAD + "\n".join(rows) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
