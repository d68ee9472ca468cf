"""From the houses' rows to the plain rows of a release. Pseudonyms only, times from sample 0."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from yesand.capture.models import Track
from yesand.casting import reads as casting
from yesand.consent import reads as consent
from yesand.consent import rules as purposes
from yesand.formats.emotions import COUNTED
from yesand.formats.release_words import KINDS, SHAPES
from yesand.kit.canonical import digest
from yesand.kit.spans import Span
from yesand.labels import reads as labels
from yesand.labels.models import Item
from yesand.post.models import Processing
from yesand.stage.models import Place, Take

Row = dict[str, Any]


def dyad_id(a: str, b: str) -> str:
    """A pair in no order: "d" and 12 hex digits of both pseudonyms."""
    return "d" + digest(sorted((a, b)))[:12]


def private_at(spans: Sequence[Span], start: float, end: float) -> bool:
    """True where any of start..end (seconds from the take's start) is kept out."""
    return any(span.start < end and start < span.end for span in spans)


def arm_word(arm: str) -> str | None:
    """The release's word for an arm."""
    return {"actor": "actor", "non_actor": "non-actor"}.get(arm)


class TakeRows:
    """Everything about one take that tables need, read once."""

    def __init__(self, take: Take) -> None:
        self.take = take
        self.session = take.scene.session
        self.program = self.session.program
        self.places: dict[str, Place] = {
            p.role: p for p in self.session.places.select_related("person")
        }
        self.processing = Processing.objects.filter(take=take, state="done").order_by("-at").first()

    @property
    def id(self) -> str:
        return str(self.take.pk)

    def split(self) -> str:
        return casting.split_pool(self.program, self.places["a"].person) or ""

    def measure(self, name: str, role: str) -> float | None:
        """A valid physical measure of a role, or None."""
        for row in self.processing.measures if self.processing else ():
            if row["measure"] == name and row["role"] == role and row.get("valid"):
                return float(row["value"]) if row["value"] is not None else None
        return None

    def _mic(self, role: str) -> Track | None:
        return Track.objects.filter(take=self.take, role=role, kind="mic").order_by("part").first()

    def row(self) -> Row:
        """The row of table takes, without what the writer derives."""
        prompt = self.take.scene.prompt
        a, b = self.places["a"].person, self.places["b"].person
        clock: Row = self.processing.clock if self.processing else {}
        pair: Row = clock.get("pair") or {}
        late: dict[str, Row] = clock.get("mouth_to_ear") or {}
        row: Row = {
            "take_id": self.id,
            "dyad_id": dyad_id(a.pseudonym, b.pseudonym),
            "session_id": str(self.session.pk),
            "index": 1 + self._before().filter(scene__session=self.session).count(),
            "performer_a": a.pseudonym,
            "performer_b": b.pseudonym,
            "split": self.split(),
            "use": self.session.commission.use,
            "arm": arm_word(a.arm) if a.arm == b.arm else None,
            "prompt_id": prompt.slug if prompt else None,
            "prompt_version": prompt.version if prompt else None,
            "shape": prompt.shape if prompt and prompt.shape in SHAPES else None,
            "family": prompt.family if prompt else None,
            "register": prompt.register if prompt else None,
            "tone": prompt.tone if prompt else None,
            "language": self.session.booking.language,
            "relationship": prompt.relationship if prompt else None,
            "power": prompt.body.get("power") if prompt else None,
            "familiarity": self._familiarity(),
            "align_offset_ms": pair.get("offset_ms"),
            "align_uncertainty_ms": pair.get("uncertainty_ms"),
            "drift_ppm": pair.get("drift_ppm"),
            "mouth_to_ear_ab_ms": late.get("ab", {}).get("median_ms"),
            "mouth_to_ear_ba_ms": late.get("ba", {}).get("median_ms"),
            "leak_ab_db": self.measure("leak", "b"),
            "leak_ba_db": self.measure("leak", "a"),
            "pipeline_version": self.processing.pipeline_version if self.processing else None,
        }
        for role, place in self.places.items():
            mic = self._mic(role)
            settings = mic.settings if mic else {}
            flags = ("echoCancellation", "noiseSuppression", "autoGainControl")
            known = [settings[f] for f in flags if f in settings]
            kind = place.person.player_kind
            row[f"player_kind_{role}"] = kind if kind in KINDS else "model"
            row[f"source_rate_{role}"] = mic.rate if mic else None
            row[f"processing_off_{role}"] = not any(known) if known else None
            row[f"snr_{role}"] = self.measure("snr", role)
            row[f"clipped_share_{role}"] = self.measure("clipped_share", role)
        return row

    def _before(self) -> QuerySet[Take]:
        return Take.objects.filter(opened_at__lt=self.take.opened_at).exclude(state="void")

    def _familiarity(self) -> int:
        """Scenes this pair had played together before this take."""
        a, b = (self.places[r].person for r in "ab")
        return (
            self._before()
            .filter(scene__session__places__person=a)
            .filter(scene__session__places__person=b)
            .exclude(scene=self.take.scene)
            .values("scene")
            .distinct()
            .count()
        )

    def prompt_row(self) -> Row | None:
        """The row of table prompts, or None where the players wrote their own."""
        prompt = self.take.scene.prompt
        if prompt is None:
            return None
        body = prompt.body
        target = body.get("target_line") or {}
        first = body.get("first_line")
        row: Row = {
            "prompt_id": prompt.slug,
            "version": prompt.version,
            "language": prompt.language,
            "title": prompt.title,
            "author": body.get("author"),
            "rights": body.get("rights"),
            "parent": body.get("parent"),
            "shape": prompt.shape if prompt.shape in SHAPES else None,
            "family": prompt.family,
            "register": prompt.register,
            "tone": prompt.tone,
            "premise": body.get("premise"),
            "relationship": prompt.relationship,
            "years": float(body["years"]) if body.get("years") is not None else None,
            "power": body.get("power"),
            "first_line": first.get("text") if isinstance(first, dict) else first,
            "target_line": target.get("text") if isinstance(target, dict) else target,
            "target_role": target.get("role") if isinstance(target, dict) else None,
            "game": body.get("game"),
            "tags": list(prompt.tags),
            "use": prompt.use,
        }
        for role in "ab":
            said = body.get("roles", {}).get(role, {})
            for part in ("want", "secret", "soft_spot", "way_of_speaking"):
                row[f"{part}_{role}"] = said.get(part)
        return row

    def cue_rows(self) -> Iterable[Row]:
        """Rows of table cues: seconds from the take's start."""

        def since(t: float | None) -> float | None:
            return None if t is None else round(t - self.take.opened_at, 6)

        for cue in self.take.cues.order_by("asked_at", "id"):
            yield {
                "cue_id": str(cue.pk),
                "take_id": self.id,
                "role": cue.role,
                "action": cue.action,
                "aim_emotion": cue.aim_emotion or None,
                "aim_intensity": cue.aim_intensity,
                "aim_shown": cue.aim_shown,
                "empty": cue.empty,
                "pulled": cue.pulled,
                "asked_at": since(cue.asked_at),
                "displayed_at": since(cue.displayed_at),
                "response": cue.response or None,
                "responded_at": since(cue.responded_at),
                "span_end": since(cue.span_end),
            }

    def quality_rows(self) -> Iterable[Row]:
        """Rows of table quality."""
        if self.processing is None:
            return
        for row in self.processing.measures:
            yield {
                "take_id": self.id,
                "role": row["role"],
                "measure": row["measure"],
                "value": None if row["value"] is None else float(row["value"]),
                "unit": row.get("unit"),
                "valid": bool(row.get("valid")),
                "version": row.get("version") or self.processing.pipeline_version,
            }

    def consent_rows(self, now: dt.datetime) -> Iterable[Row]:
        """Rows of table consent: what each performer allows for this take now."""
        use = self.session.commission.use
        for role, place in sorted(self.places.items()):
            granted = [
                p
                for p in purposes.PURPOSES
                if consent.covers(place.person, p, now, self.take.pk, use, self.program)
            ]
            grants = [
                g
                for p in granted
                if (g := consent.standing(place.person, self.program, p, self.take.pk, now))
            ]
            ends = [g.expires_at for g in grants if g.expires_at]
            solo = consent.covers(place.person, "solo_use", now, self.take.pk, program=self.program)
            yield {
                "take_id": self.id,
                "role": role,
                "purposes": granted,
                "terms_sha256": digest(sorted(g.terms.sha256 for g in grants)) if grants else None,
                "expires": min(ends).date().isoformat() if ends else None,
                "solo_use": solo,
            }


def item_rows(takes: list[UUID], private: Mapping[str, Sequence[Span]]) -> list[Row]:
    """Rows of table items; a moment somebody keeps private is nothing to judge."""
    items = Item.objects.filter(take__in=takes).order_by("take_id", "start", "target_role")
    return [
        {
            "item_id": str(i.pk),
            "take_id": str(i.take_id),
            "target_role": i.target_role,
            "start": i.start,
            "end": i.end,
            "context": i.context,
            "modality": i.modality,
            "rule": i.rule,
        }
        for i in items
        if not private_at(private.get(str(i.take_id), ()), i.start, i.end)
    ]


def rating_rows(items: list[UUID]) -> list[Row]:
    """Rows of table ratings of these items; the view `own` never travels."""
    return [
        {
            "rating_id": str(r.pk),
            "item_id": str(r.item_id),
            "view": r.view,
            "rater_id": r.rater.pseudonym,
            "rater_kind": r.rater.player_kind,
            "question": r.question,
            "primary": r.primary or None,
            "secondary": list(r.secondary),
            "intensity": r.intensity,
            "valence": r.valence,
            "arousal": r.arousal,
            "dominance": r.dominance,
            "naturalness": r.naturalness,
            "in_character": r.in_character or None,
            "cant_tell": r.cant_tell,
            "plays": r.plays,
            "seconds": r.seconds,
            "order": r.order,
            "set_version": r.set_version,
        }
        for r in labels.ratings_of(items)
    ]


def label_rows(items: list[UUID]) -> list[Row]:
    """Rows of table labels of these items, one an item and view: counts and shares in order."""
    rows = []
    for label in labels.labels_of(items):
        if label.view == "own":
            continue
        counts = [int(label.counts.get(name, 0)) for name in COUNTED]
        fused = [float(label.fused.get(name, 0.0)) for name in COUNTED] if label.fused else []
        rows.append(
            {
                "item_id": str(label.item_id),
                "view": label.view,
                "n": sum(counts),
                "counts": counts,
                "cant_tell_n": int(label.counts.get("cant_tell", 0)),
                "p_fused": fused,
                "fused_by": label.fused_by or None,
                "entropy": label.entropy,
            }
        )
    return rows
