"""What a take page says: titles, verdicts, findings and clocks in sentences."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from yesand.commission.models import Acceptance
from yesand.post.models import Finding, Processing
from yesand.post.verdict import RULES
from yesand.stage.models import Take


def minutes_seconds(seconds: float, digits: int = 0) -> str:
    """3:17 or 3:17.0."""
    whole = max(0.0, seconds)
    minutes = int(whole // 60)
    rest = whole - 60 * minutes
    width = 3 + digits if digits else 2
    return f"{minutes}:{rest:0{width}.{digits}f}" if digits else f"{minutes}:{int(rest):02d}"


def heading(take: Take) -> str:
    """The card's title, or the players' own line."""
    prompt = take.scene.prompt
    title = prompt.title if prompt is not None else take.scene.own_line
    return title if take.number == 1 else _("%(t)s, take %(n)d") % {"t": title, "n": take.number}


def state_of(take: Take, row: Processing | None, standing: Acceptance | None) -> tuple[str, str]:
    """(a word for a class, the words): where the take is on its way."""
    if standing is not None:
        accepted = standing.decision == "accept"
        return ("", _("Accepted")) if accepted else ("plain", _("Kept out"))
    if row is None:
        return "plain", _("On its way")
    if row.state == "failed":
        return "warn", _("Could not be processed")
    if row.state != "done":
        return "plain", _("Being processed")
    return {
        "retake": ("warn", _("A fault: hear it")),
        "review": ("warn", _("Waits for your ear")),
    }.get(row.verdict, ("plain", _("Checked")))


def finding_words(finding: Finding) -> str:
    """One sentence with its numbers, in the reader's language."""
    rule = RULES.get(finding.code)
    if rule is None or finding.code == "dropouts":
        return finding.says
    value, limit = finding.value or 0.0, finding.limit or 0.0
    return _(rule[2]) % {
        "value": value,
        "limit": limit,
        "percent": 100 * value,
        "limit_percent": 100 * limit,
        "count": 0,
    }


def why_words(row: Processing, places: dict[str, Any]) -> list[str]:
    """The verdict's reasons, each with whose side it is about."""
    found = []
    for reason in row.reasons:
        role = reason.get("role", "")
        who = f"{places[role].alias}: " if role in places else ""
        found.append(f"{who}{reason['says']}")
    return found


def clock_words(row: Processing | None, places: dict[str, Any]) -> list[tuple[str, str]]:
    """How sure the two lanes' clock is, and what is silent in each; (title, what it means)."""
    if row is None or not row.clock:
        return []
    pair, gaps = row.clock["pair"], row.clock["gaps"]
    found: list[tuple[str, str]] = []
    if pair["valid"]:
        title = _("The two lanes agree within %(ms)d ms") % {"ms": round(pair["uncertainty_ms"])}
        found.append(
            (
                title,
                _("Nearly always. What a microphone itself delays cannot be observed."),
            )
        )
    else:
        found.append((_("The two lanes could not be tied together"), pair["why"]))
    for role, place in sorted(places.items()):
        silent = sum(end - start for start, end in gaps[role])
        title = _("%(who)s: no gap") % {"who": place.alias}
        if gaps[role]:
            title = _("%(who)s: %(n)d stretches without sound") % {
                "who": place.alias,
                "n": len(gaps[role]),
            }
        found.append((title, _("%(s).2f s in all.") % {"s": silent}))
    summary = row.segments.get("summary", {})
    transfers = summary.get("transfers")
    if transfers:
        middle = summary.get("fto_median_s") or 0.0
        found.append(
            (
                _("%(n)d floor changes") % {"n": transfers},
                _("Middle wait %(s).2f s.") % {"s": middle},
            )
        )
    return found
