"""Never again with this partner: at once, without a word to anybody, and undone as quietly."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from tests.fakes.played import Stage, make_stage
from yesand.infra import jobs
from yesand.infra.models import Fact
from yesand.kit.errors import Refused
from yesand.matching import actions, blocking, reads
from yesand.matching.models import Block, Booking
from yesand.pay import reads as statements
from yesand.people.models import Person

pytestmark = pytest.mark.django_db


@pytest.fixture
def stage(home) -> Stage:
    return make_stage("Quiet Voices")


@pytest.fixture
def queue():
    with jobs.in_memory() as memory:
        yield memory


def at(days: float) -> dt.datetime:
    return timezone.now().replace(minute=0, second=0, microsecond=0) + dt.timedelta(days=days)


def booked(stage: Stage, a: Person, b: Person, days: float, answers: str = "yy") -> Booking:
    row = actions.book(stage.order("train"), a, b, at(days), 60)
    for seat, said in zip(row.seats.order_by("role"), answers, strict=True):
        if said == "y":
            row = actions.answer(seat, True)
    return row


def client_of(person: Person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def test_a_block_ends_what_is_open_pays_what_is_late_and_touches_nothing_else(stage, queue):
    ada, noor, other = (stage.performer(name) for name in ("Ada", "Noor", "Bo"))
    late, ahead = booked(stage, ada, noor, 0.5), booked(stage, noor, ada, 3)
    offer, apart = booked(stage, ada, noor, 4, "y."), booked(stage, ada, other, 5)
    done = booked(stage, ada, noor, 6)
    Booking.objects.filter(pk=done.pk).update(state="done")
    queue.run()
    mail.outbox.clear()
    blocking.block(ada, noor)
    for row in (late, ahead, offer):
        row.refresh_from_db()
        assert (row.state, row.cancelled_by, row.cancel_reason) == (
            "cancelled", "producer", "Booking changed.",
        )  # fmt: skip
        assert not row.holds.exists()
    apart.refresh_from_db(), done.refresh_from_db()
    assert (apart.state, done.state) == ("confirmed", "done")
    # late is paid to both alike, early to neither, as for any change by the house
    assert [sum(m.minor for m in statements.earned(p)) for p in (ada, noor)] == [7400, 7400]
    assert statements.residual(stage.program) == 0
    assert reads.offers(noor) == [] and reads.next_booking(noor) is None

    queue.run()
    told = [(m.to, m.subject, m.body) for m in mail.outbox]
    assert sum(to == [noor.email] for to, _s, _b in told) == 2, "the two she had said yes to"
    for _to, subject, body in told:
        assert "changed" in subject
        assert not any(word in subject + body for word in ("Ada", "Noor", "block"))


def test_the_partner_and_the_producer_read_nothing_of_it(stage):
    ada, noor = stage.performer("Ada"), stage.performer("Noor")
    row = booked(stage, ada, noor, 3)
    blocking.block(ada, noor)
    pages = [(noor, f"/me/bookings/{row.pk}"), (noor, "/me"), (noor, "/me/limits")]
    slug = stage.program.slug
    pages += [(stage.producer, f"/producer/{slug}{part}") for part in ("/schedule", "", "/live")]
    for who, path in pages:
        page = client_of(who).get(path)
        assert page.status_code == 200, path
        assert not re.search(r"\b(un)?blocked\b", page.text, re.I), path
    assert "Booking changed." in client_of(noor).get(f"/me/bookings/{row.pk}").text
    for fact in Fact.objects.filter(house="matching"):
        assert str(noor.pk) not in str(fact.body) and fact.subject != noor.pk


def test_never_matched_again_until_it_is_undone(stage):
    ada, noor = stage.performer("Ada"), stage.performer("Noor")
    blocking.block(ada, noor)
    for pair in ((ada, noor), (noor, ada)):
        with pytest.raises(Refused) as refusal:
            actions.book(stage.order("train"), *pair, at(2), 60)
        assert refusal.value.code == "not_available_together"
        assert "block" not in str(refusal.value)
    assert blocking.apart(noor, ada)
    assert not blocking.unblock(noor, ada), "only one's own block can be undone"
    assert blocking.unblock(ada, noor)
    assert booked(stage, ada, noor, 2).state == "confirmed"


def test_again_is_the_same_block_and_a_room_that_runs_goes_on(stage):
    ada, noor = stage.performer("Ada"), stage.performer("Noor")
    row = booked(stage, ada, noor, 0)
    actions.start(row)
    assert blocking.block(ada, noor).pk == blocking.block(ada, noor).pk
    row.refresh_from_db()
    assert row.state == "playing", "who wants out of it leaves; that is one key"
    assert Fact.objects.filter(house="matching", kind="blocked").count() == 1


def test_a_performers_reason_is_not_passed_on(stage):
    ada, noor = stage.performer("Ada"), stage.performer("Noor")
    row = booked(stage, ada, noor, 3)
    actions.cancel(row, "performer", "I would rather not play with Noor.")
    page = client_of(noor).get(f"/me/bookings/{row.pk}").text
    assert "rather not" not in page and "No reason is passed on." in page


class TestPages:
    """From the exit page, the page after leaving, and the limits page."""

    def test_blocking_says_so_to_oneself_and_can_be_undone(self, stage):
        ada, noor = pair = stage.performer("Ada"), stage.performer("Noor")
        session = stage.take(pair).scene.session
        ahead = booked(stage, ada, noor, 3)
        page = client_of(ada).get(f"/room/{session.pk}/exit").text
        assert "Not with Noor again" in page
        answer = client_of(ada).post(f"/room/{session.pk}/block", follow=True)
        assert answer.status_code == 200
        assert "You will not be paired with Noor again. Noor is not told." in answer.text
        ahead.refresh_from_db()
        assert ahead.state == "cancelled"
        assert "Noor" in client_of(ada).get("/me/limits").text
        assert "Not with Noor again" not in client_of(ada).get(f"/room/{session.pk}/exit").text
        (row,) = blocking.blocked_by(ada)
        # somebody else's block is not there
        assert client_of(noor).post(f"/me/limits/unblock/{row.pk}").status_code == 404
        client_of(ada).post(f"/me/limits/unblock/{row.pk}")
        assert not Block.objects.exists()

    def test_only_somebody_of_the_room(self, stage):
        pair = stage.performer("Ada"), stage.performer("Noor")
        session = stage.take(pair).scene.session
        stranger = stage.performer("Bo")
        assert client_of(stranger).post(f"/room/{session.pk}/block").status_code == 404
        assert client_of(pair[0]).get(f"/room/{session.pk}/block").status_code == 405
        assert not Block.objects.exists()
