"""What a room tells a robot that comes late: its whole log, of which only the end counts."""

from __future__ import annotations

from typing import Any


class Arrival:
    """Follows the log until the robot's own arrival is told. live: from then on all counts."""

    def __init__(self) -> None:
        self.live = False
        self.state = ""
        self.take = ""

    def read(self, kind: str, body: dict[str, Any], arrived: bool) -> tuple[str, dict[str, Any]]:
        """The message to act on: (kind, body), ("", {}) for what is history.

        arrived: this is the echo of the robot's own arrival; then the take that is open, or what
        the room does, is told as if it began now.
        """
        if self.live:
            return kind, body
        if arrived:
            self.live = True
            if self.take:
                return "take_opened", {"take": self.take}
            return "state", {"state": self.state}
        if kind == "take_opened":
            self.take = str(body["take"])
        elif kind == "take_closed":
            self.take = ""
        elif kind == "state" and body.get("state") != "ended":
            self.state = str(body.get("state", ""))
        else:
            return kind, body
        return "", {}
