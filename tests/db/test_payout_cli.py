"""`yesand payout`: a bank file nobody else can read, and nobody waits for somebody's account."""

from __future__ import annotations

import csv
import json

import pytest

from tests.fakes.played import Stage, make_stage
from yesand.cli.main import run
from yesand.matching import actions as matching
from yesand.pay import payout, reads
from yesand.pay.models import Payout
from yesand.pay.rules import Attendance

pytestmark = pytest.mark.django_db


@pytest.fixture
def stage(home) -> Stage:
    return make_stage("Payouts")


def test_what_is_owed_becomes_a_bank_file(stage, tmp_path, capsys):
    pair = stage.pair()
    booking = stage.session(pair).booking
    matching.wrap_up(booking, {"a": Attendance(True), "b": Attendance(True)})
    payout.set_payout(pair[0], "ES91 2100 0418 4502 0005 1332")
    out = tmp_path / "bank.csv"
    words = ["payout", stage.program.slug, "--on", "2026-12-04", "--json", "--out"]
    assert run([*words, str(out)]) == 1, "one has no account yet"
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert found["without_account"] == [pair[1].pseudonym]
    assert (found["payouts"], found["amount_minor"], found["sent"]) == (1, 3700, False)
    (row,) = list(csv.DictReader(out.open()))
    assert (row["amount"], row["currency"], row["pay_on"]) == ("37.00", "USD", "2026-12-04")
    assert out.stat().st_mode & 0o077 == 0
    assert reads.owed(pair[0], stage.program).minor == 3700
    # a file that is there is never written over
    assert run([*words, str(out)]) == 2
    assert "is there already" in capsys.readouterr().err
    payout.set_payout(pair[1], "DE89 3704 0044 0532 0130 00")
    assert run([*words, str(tmp_path / "second.csv"), "--sent", "--reference", "B 7"]) == 0
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (found["number"], found["payouts"], found["sent"]) == (2, 1, True)
    assert found["unsent"] == [1], "what stands in an earlier file is not written twice"
    assert [reads.owed(p, stage.program).minor for p in pair] == [3700, 0]
    again = tmp_path / "again.csv"
    assert run([*words, str(again), "--again", "1", "--sent"]) == 0
    assert again.read_text() == out.read_text()
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["unsent"] == []
    assert Payout.objects.filter(sent_at=None).count() == 0
    assert [reads.owed(p, stage.program).minor for p in pair] == [0, 0]
    assert reads.residual(stage.program) == 0
    assert run([*words, str(tmp_path / "none.csv"), "--sent"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["payouts"] == 0
    assert (tmp_path / "none.csv").read_text() == payout.EMPTY


def test_bad_words_are_refused(stage, tmp_path, capsys):
    out = str(tmp_path / "x.csv")
    assert run(["payout", "nowhere", "--out", out]) == 2
    assert "nowhere: is not the slug" in capsys.readouterr().err
    assert run(["payout", stage.program.slug, "--out", out, "--on", "Friday"]) == 2
    assert not (tmp_path / "x.csv").exists()
    known = ["payout", stage.program.slug, "--out", out]
    assert run([*known, "--again", "9"]) == 2
    assert "--again 9: is not the number" in capsys.readouterr().err
    assert not (tmp_path / "x.csv").exists()
