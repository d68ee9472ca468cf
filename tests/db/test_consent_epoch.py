"""Publishing re-checks consent under a lock that every change of consent waits for."""

from __future__ import annotations

import threading
import time

from django.db import connection, transaction
from django.utils import timezone

from yesand.consent import actions, reads
from yesand.people.actions import add_person, open_program

TRAIN = "recognition_training"


def test_publishing_holds_consent_still(committed_database):
    """While somebody publishes under the lock, a withdrawal waits; it lands right after."""
    program, ada = open_program("Lab", "Light Voices", purposes=[TRAIN]), add_person("a@b.org")
    actions.publish_terms(program, TRAIN, "About", "You allow it.")
    actions.grant(ada, program, TRAIN)
    landed = threading.Event()

    def withdraw():
        actions.withdraw(ada, program)
        landed.set()
        connection.close()

    until = time.monotonic() + 60
    with transaction.atomic():
        number = actions.lock_epoch(program)
        other = threading.Thread(target=withdraw)
        other.start()
        with connection.cursor() as cursor:  # wait for the state, not for a time
            waiting = 0
            while not waiting and time.monotonic() < until:
                cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
                waiting = cursor.fetchone()[0]
        assert waiting
        assert not landed.is_set()
        assert reads.covers(ada, TRAIN, timezone.now(), program=program)
        assert reads.epoch(program) == number
    other.join(30)
    assert landed.is_set()
    assert not reads.covers(ada, TRAIN, timezone.now(), program=program)
    assert reads.epoch(program) == number + 1
