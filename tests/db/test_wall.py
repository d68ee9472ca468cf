"""The wall: whatever raters say, schedule, fill, pay and review stay byte for byte the same."""

from __future__ import annotations

import datetime as dt
import json
import re
import uuid

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from yesand.cli import seeding
from yesand.commission import actions as commission
from yesand.commission import reads as coverage
from yesand.commission.models import Prompt
from yesand.consent import actions as consent
from yesand.evaluation.models import BenchmarkRun
from yesand.labels import actions as labels
from yesand.labels import rules
from yesand.labels.models import Label, Rating
from yesand.matching import actions as matching
from yesand.matching import pairing, roster
from yesand.matching.rules import WeeklyWindow
from yesand.pay import actions as pay
from yesand.pay import reads as statements
from yesand.pay.rules import Attendance
from yesand.stage.models import Cue, Place, Scene, Session, Take

pytestmark = pytest.mark.django_db

EVENINGS = [WeeklyWindow(day, dt.time(17), dt.time(23), "UTC") for day in range(7)]


@pytest.fixture
def played():
    """A program in which one pair played a cued take, kept it, and three raters rated it."""
    seeded = seeding.program("Wall", "mo@wall.example", hours=4)
    people = [seeding.performer(seeded, f"p{i}@wall.example", f"P{i}") for i in range(4)]
    for person in people:
        seeding.agree(person, seeded.program, ("recognition_training", "evaluation_only"))
        matching.set_windows(person, EVENINGS)
    a, b = people[:2]
    start = timezone.now().replace(second=0, microsecond=0)
    booking = matching.book(seeded.commission, a, b, start, 60)
    for seat in booking.seats.all():
        matching.answer(seat, True)
    session = Session.objects.create(
        program=seeded.program, commission=seeded.commission, booking=booking, state="ended"
    )
    for role, person in (("a", a), ("b", b)):
        Place.objects.create(session=session, person=person, role=role, alias=person.alias)
    prompt = Prompt.objects.filter(language="en").order_by("slug").first()
    scene = Scene.objects.create(session=session, index=0, prompt=prompt)
    now = timezone.now().timestamp()
    take = Take.objects.create(
        scene=scene, number=1, state="closed", opened_at=now - 60, closed_at=now
    )
    # Cells are a balanced design, not a full cross: take two that the order has.
    first = seeded.commission.cells.order_by("feeling", "relationship").first()
    other = (
        seeded.commission.cells.filter(relationship=first.relationship)
        .exclude(feeling=first.feeling)
        .order_by("feeling")
        .first()
    )
    for role, cell, at in (("a", first, 5), ("b", other, 20)):
        feeling = cell.feeling
        Cue.objects.create(
            id=uuid.uuid4(), take=take, role=role, action="Let them off the hook",
            aim_emotion=feeling, aim_intensity=2, asked_at=now - 60 + at,
            displayed_at=now - 60 + at, span_end=now - 60 + at + 8,
        )  # fmt: skip
        commission.record_fill(
            take.pk, seeded.commission, [(feeling, cell.relationship, "en")], "recorded"
        )
    commission.accept(take.pk, seeded.commission, seeded.producer, "Whole and clear.")
    labels.make_items(take.pk)
    for person in (a, b):
        consent.choose(person, seeded.program, take.pk, "keep")
    raters = [seeding.rater(seeded, f"r{i}@wall.example", f"R{i}", signed=True) for i in range(3)]
    for rater in raters:
        while item := labels.next_item(rater, seeded.program):
            labels.rate(item, rater, rules.read_answer("joy", 2))
    matching.wrap_up(booking, {"a": Attendance(True), "b": Attendance(True)})
    return seeded, people, raters, take


def observe(seeded, people, raters) -> dict[str, str]:
    """Everything that must not move, as text."""
    order = seeded.commission
    monday = dt.date(2027, 1, 4)
    week = pairing.schedule(roster.candidates(order, monday), roster.demand(order, 4), seconds=30)
    seen = {
        "schedule": repr(week.meetings) + repr(week.left_out),
        "fill": repr(coverage.coverage(order)),
        "need": repr(sorted(roster.demand(order).language_need.items())),
        "pay": json.dumps(
            [
                [str(line.amount), line.rule, line.seconds, str(line.event)]
                for person in people
                for line in statements.statement(person)
            ]
        ),
        "residual": str(statements.residual(seeded.program)),
    }
    client = Client()
    client.force_login(seeded.producer)
    for path in (
        f"/producer/{seeded.program.slug}/schedule",
        f"/producer/{seeded.program.slug}/money",
        f"/producer/{seeded.program.slug}/commissions/{order.pk}",
        f"/producer/{seeded.program.slug}/takes",
    ):
        answer = client.get(path)
        assert answer.status_code == 200, path
        # Tokens and references differ between any two answers.
        text = re.sub(r'(nonce|value|content|data-csrf)="[A-Za-z0-9_=-]{20,}"', "", answer.text)
        seen[path] = re.sub(r"csrfmiddlewaretoken[^>]*>", "", text)
    return seen


def test_changing_every_rating_changes_nothing_left_of_labels(played):
    seeded, people, raters, take = played
    assert Rating.objects.count() >= 6, "the raters did rate"
    before = observe(seeded, people, raters)
    for number, rating in enumerate(Rating.objects.order_by("pk")):
        rating.primary = ("disgust", "fear", "contempt")[number % 3]
        rating.intensity = 1 + number % 3
        rating.save()
    labels.aggregate(take.pk)
    assert Label.objects.filter(view="observer", counts__disgust__gt=0).exists()
    after = observe(seeded, people, raters)
    assert before == after


def test_fill_counts_what_was_cued_even_when_nobody_heard_it(played):
    _seeded, _people, _raters, take = played
    cells = {
        (f.cell.feeling, f.state)
        for f in commission.Fill.objects.filter(take=take.pk).select_related("cell")
    }
    assert {feeling for feeling, _state in cells} == {c.aim_emotion for c in take.cues.all()}
    assert {state for _feeling, state in cells} == {"accepted"}


def test_matching_and_pay_need_no_right_to_labels_or_evaluation(played):
    """Under a role that may not read those tables, a week is scheduled and a booking is paid."""
    seeded, people, _raters, _take = played
    with connection.cursor() as cursor:
        name = f"wall_{uuid.uuid4().hex[:8]}"
        cursor.execute(f"CREATE ROLE {name}")
        # Postgres 15 lets nobody but a member take a role on, not even who made it.
        cursor.execute(f"GRANT {name} TO CURRENT_USER")
        cursor.execute(f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {name}")
        cursor.execute(f"GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO {name}")
        cursor.execute("SELECT tablename FROM pg_tables WHERE tablename ~ '^(labels|evaluation)_'")
        walled = [row[0] for row in cursor.fetchall()]
        assert len(walled) >= 6
        for table in walled:
            cursor.execute(f'REVOKE ALL ON "{table}" FROM {name}')
        cursor.execute(f"SET ROLE {name}")
    try:
        made = matching.schedule(seeded.commission, dt.date(2027, 1, 4), seeded.producer, 2)
        assert made.figures["pairs"] >= 1
        start = timezone.now().replace(second=0, microsecond=0) + dt.timedelta(days=3)
        booking = matching.book(seeded.commission, people[2], people[3], start, 30)
        for seat in booking.seats.all():
            matching.answer(seat, True)
        matching.wrap_up(booking, {"a": Attendance(True), "b": Attendance(False)})
        pay.seal_batch(seeded.program)
        assert statements.residual(seeded.program) == 0
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET ROLE")
    with connection.cursor() as cursor:
        cursor.execute(f"SET ROLE {name}")
        try:
            with pytest.raises(Exception, match="permission denied"):
                cursor.execute("SAVEPOINT s")
                cursor.execute("SELECT count(*) FROM labels_rating")
        finally:
            cursor.execute("ROLLBACK TO SAVEPOINT s")
            cursor.execute("RESET ROLE")
    assert BenchmarkRun.objects.count() == 0
