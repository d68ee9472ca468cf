"""Everything we hold about one person, for that person. Nothing of anybody else is in it."""

from __future__ import annotations

from typing import Any

from yesand.cases import reads as cases
from yesand.casting import reads as casting
from yesand.consent import reads as consent
from yesand.consent.models import TakeChoice
from yesand.labels.models import Rating
from yesand.matching import reads as matching
from yesand.pay import reads as pay
from yesand.people import reads as people
from yesand.people.models import Person
from yesand.recording.models import Access, Recording
from yesand.web.performer import own_takes


def own_data(person: Person) -> dict[str, Any]:
    """One value per house; moments in UTC. The vault's texts are named, not repeated."""
    return {
        "person": {
            "email": person.email,
            "alias": person.alias,
            "made_up_id": person.pseudonym,
            "zone": person.zone,
            "languages": person.languages,
            "age_band": person.age_band,
            "accent": person.accent,
            "arm": person.arm,
            "skills": person.skills,
            "aim_wish": person.aim_wish,
            "joined_at": person.joined_at,
        },
        "sealed": {
            "proof_of_age": person.adult_verified_at,
            "note": "Legal name, date of birth and account lie sealed; you typed them yourself.",
        },
        "roles": [
            {"program": m.program.name, "role": m.role, "since": m.since}
            for m in people.memberships_of(person)
        ],
        "limits": people.limits_of(person),
        "consent": [
            {**consent.receipt_of(row), "receipt_sha256": row.receipt_sha256}
            for program in people.programs_of(person)
            for row in consent.history(person, program)
        ],
        "choices": list(
            TakeChoice.objects.filter(person=person)
            .order_by("id")
            .values("take", "choice", "chosen_at", "until", "private_spans")
        ),
        "takes": [
            {
                "take": own.take.pk,
                "title": own.title,
                "role": own.role,
                "played_at": own.played_at,
                "seconds": round(own.seconds, 3),
                "releases": [f"{r.name} {r.version}" for r in own.releases],
            }
            for own in own_takes.of_person(person, limit=10_000)
        ],
        "applications": [
            {"call": a.call.title, "state": a.state, "at": a.applied_at, "reason": a.reason}
            for a in casting.applications_of(person)
        ],
        "windows": [
            {"weekday": w.weekday, "start": w.start, "end": w.end, "zone": w.zone}
            for w in matching.windows(person)
        ],
        "money": [
            {
                "at": line.at,
                "amount": str(line.amount),
                "event": f"{line.event_kind} {line.event}",
                "rule": line.rule,
                "seconds": line.seconds,
            }
            for line in pay.statement(person)
        ],
        "answers": list(
            Rating.objects.filter(rater=person)
            .order_by("at")
            .values("item", "view", "question", "primary", "intensity", "felt", "at", "undone_at")
        ),
        "recordings": [
            {
                "recording": row.pk,
                "kind": row.storage_class,
                "opened_at": row.opened_at,
                "erased_at": row.erased_at,
                "read": list(
                    Access.objects.filter(recording=row).order_by("at").values("reason", "at")
                ),
            }
            for row in Recording.objects.filter(subjects__person=person).order_by("opened_at")
        ],
        "cases": [
            {"kind": c.kind, "opened_at": c.opened_at, "says": c.says, "reason": c.reason}
            for c in cases.of_person(person)
        ],
    }
