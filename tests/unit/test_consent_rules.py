"""`covers` against a naive model that replays a person's life event by event."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yesand.consent.rules import (
    ALL,
    PURPOSES,
    TRAINING,
    Signed,
    TakenBack,
    check_spans,
    covers,
    expiry,
    receipt,
    receipt_hash,
    taken_back,
)
from yesand.kit.errors import Refused

START = dt.datetime(2026, 11, 23, tzinfo=dt.UTC)
TAKES = [uuid.UUID(int=1), uuid.UUID(int=2)]
CODES = ["recognition_training", "evaluation_only"]


def moment(step: int) -> dt.datetime:
    return START + dt.timedelta(hours=step)


steps = st.integers(0, 12)
takes = st.sampled_from([None, *TAKES])
grants = st.builds(
    lambda purpose, take, at, length: Signed(
        purpose, take, moment(at), moment(at + length) if length else None
    ),
    st.sampled_from(CODES),
    takes,
    steps,
    st.integers(0, 6),
)
withdrawals = st.builds(
    lambda purpose, take, at: TakenBack(purpose, take, moment(at)),
    st.sampled_from([*CODES, ALL]),
    takes,
    steps,
)


class Life:
    """What somebody who writes a list by hand would keep: open signatures, and takes taken out."""

    def __init__(self) -> None:
        self.wide: dict[str, list[dt.datetime | None]] = {code: [] for code in CODES}
        self.named: dict[tuple[str, uuid.UUID], list[dt.datetime | None]] = {}
        self.out: set[tuple[str, uuid.UUID]] = set()

    def sign(self, event: Signed) -> None:
        if event.take is None:
            self.wide[event.purpose].append(event.until)
        else:
            self.named.setdefault((event.purpose, event.take), []).append(event.until)

    def take_back(self, event: TakenBack) -> None:
        for code in CODES if event.purpose == ALL else [event.purpose]:
            if event.take is None:
                self.wide[code] = []
                for key in [key for key in self.named if key[0] == code]:
                    self.named[key] = []
            else:
                self.named[(code, event.take)] = []
                self.out.add((code, event.take))

    def allows(self, purpose: str, take: uuid.UUID | None, now: dt.datetime) -> bool:
        ends: list[dt.datetime | None] = []
        if take is None or (purpose, take) not in self.out:
            ends += self.wide[purpose]
        if take is not None:
            ends += self.named.get((purpose, take), [])
        return any(end is None or now < end for end in ends)


@given(
    st.lists(grants, max_size=6),
    st.lists(withdrawals, max_size=4),
    st.sampled_from(CODES),
    takes,
    steps,
)
def test_covers_equals_the_naive_model(given_, back, purpose, take, step):
    now = moment(step)
    life = Life()
    # At the same moment the withdrawal wins, so it comes last.
    events = [(g.at, 0, g) for g in given_] + [(w.at, 1, w) for w in back]
    for at, _order, event in sorted(events, key=lambda e: (e[0], e[1])):
        if at <= now:
            life.sign(event) if isinstance(event, Signed) else life.take_back(event)
    assert covers(given_, back, purpose, now, take=take) == life.allows(purpose, take, now)


@given(st.lists(grants, max_size=5), st.lists(withdrawals, max_size=4), takes, steps)
def test_a_take_that_is_wholly_withdrawn_is_covered_for_nothing(given_, back, take, step):
    now = moment(step)
    if taken_back(given_, back, take, now):
        assert not any(covers(given_, back, code, now, take=take) for code in CODES)


def test_evaluation_takes_never_train():
    for purpose in PURPOSES:
        signed = [Signed(purpose, None, START)]
        assert covers(signed, [], purpose, START, use="evaluation") == (purpose not in TRAINING)
        assert covers(signed, [], purpose, START, use="train")


def test_a_later_signature_for_all_takes_does_not_bring_back_one_taken_out_by_name():
    take, other = TAKES
    back = [TakenBack(ALL, take, moment(2))]
    signed = [Signed(CODES[0], None, moment(1)), Signed(CODES[0], None, moment(3))]
    assert not covers(signed, back, CODES[0], moment(4), take=take)
    assert covers(signed, back, CODES[0], moment(4), take=other)
    again = [*signed, Signed(CODES[0], take, moment(5))]
    assert covers(again, back, CODES[0], moment(6), take=take)


def test_expiry_keeps_the_day_and_survives_leap_days():
    leap = dt.datetime(2028, 2, 29, 12, tzinfo=dt.UTC)
    assert expiry(leap, 3) == dt.datetime(2031, 3, 1, 12, tzinfo=dt.UTC)
    assert expiry(START, 3) == START.replace(year=2029)
    assert expiry(START, None) is None


def test_a_receipt_hash_changes_with_every_value():
    base = {
        "kind": "grant",
        "pseudonym": "pabc",
        "program": TAKES[0],
        "purpose": "publication",
        "take": None,
        "at": START,
        "terms_sha256": "0" * 64,
        "until": None,
    }
    changed = {
        "kind": "withdrawal",
        "pseudonym": "pabd",
        "program": TAKES[1],
        "purpose": "evaluation_only",
        "take": TAKES[0],
        "at": moment(1),
        "terms_sha256": "1" * 64,
        "until": moment(9),
    }
    hashes = {receipt_hash(receipt(**base))}
    hashes |= {receipt_hash(receipt(**base | {name: value})) for name, value in changed.items()}
    assert len(hashes) == 1 + len(changed)
    # The zone a moment is said in changes nothing.
    madrid = START.astimezone(dt.timezone(dt.timedelta(hours=1)))
    assert receipt(**base | {"at": madrid}) == receipt(**base)


def test_private_spans_are_sorted_joined_and_checked():
    assert check_spans([[9, 12], [1.0004, 2], [2, 3]]) == [[1.0, 3.0], [9.0, 12.0]]
    assert check_spans([]) == []
    for wrong in ([[3, 3]], [[-1, 2]], [[1]], [["x", 2]], [[1, float("nan")]], [[0, 1e9]]):
        with pytest.raises(Refused) as caught:
            check_spans(wrong)
        assert caught.value.code == "bad_span"
