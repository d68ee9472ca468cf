"""Looks behind the pages of a rehearsal's server: state of a session, ledger, last release."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import django

django.setup()

from yesand.capture.models import Seal, Track  # noqa: E402 - Django must stand first
from yesand.cli.rehearsal.lost import lost_seconds  # noqa: E402
from yesand.commission import reads as commission  # noqa: E402
from yesand.pay import reads as pay  # noqa: E402
from yesand.people.models import Program  # noqa: E402
from yesand.post.models import Processing  # noqa: E402
from yesand.release import reads as release  # noqa: E402
from yesand.release.actions import folder_of  # noqa: E402
from yesand.stage.models import Session, Take  # noqa: E402


def session_of(program: Program) -> dict[str, Any]:
    """The newest session's state, its take's, and what happened to the take."""
    session = Session.objects.filter(program=program).order_by("-opened_at").first()
    if session is None:
        return {"session": None}
    take = Take.objects.filter(scene__session=session).order_by("-opened_at").first()
    found: dict[str, Any] = {"session": str(session.pk), "state": session.state, "take": None}
    if take is None:
        return found
    done = Processing.objects.filter(take=take).order_by("-at").first()
    found |= {
        "take": str(take.pk),
        "take_state": take.state,
        "seconds": (take.closed_at or take.opened_at) - take.opened_at,
        "opened_at": take.opened_at,
        "sealed": Seal.objects.filter(take=take).exists(),
        "processed": done.state if done else "",
        "verdict": done.verdict if done else "",
        "reasons": done.reasons if done else [],
        "why_failed": done.why_failed if done else "",
        "accepted": commission.accepted(take.pk),
        "booking": session.booking.state,
        "earned": {p.role: [str(m) for m in pay.earned(p.person)] for p in session.places.all()},
        "tracks": [
            {"role": t.role, "kind": t.kind, "part": t.part, "state": t.state}
            for t in Track.objects.filter(take=take).order_by("role", "kind", "part")
        ],
        "cues": [
            {
                "role": c.role,
                "asked": c.asked_at - take.opened_at,
                "displayed": None if c.displayed_at is None else c.displayed_at - take.opened_at,
                "response": c.response,
            }
            for c in take.cues.order_by("role", "asked_at")
        ],
    }
    return found


def releases_of(program: Program) -> dict[str, Any]:
    """The newest release with its folder and state."""
    rows = release.releases(program)
    if not rows:
        return {"release": None}
    newest = rows[0]
    return {
        "release": str(newest.pk),
        "state": newest.state,
        "why_failed": newest.why_failed,
        "folder": str(folder_of(newest)),
    }


def main() -> None:
    """`audit PROGRAM WHAT`: what is session, release or end."""
    program = Program.objects.get(slug=sys.argv[1])
    what = sys.argv[2]
    found: dict[str, Any] = {"residual": pay.residual(program)}
    if what in ("session", "end"):
        found |= session_of(program)
    if what in ("release", "end"):
        found |= releases_of(program)
    if what == "end":
        take = Take.objects.get(pk=found["take"])
        found["lost_seconds"] = lost_seconds(take, Path(found["folder"]))
    print(json.dumps(found))


if __name__ == "__main__":
    main()
