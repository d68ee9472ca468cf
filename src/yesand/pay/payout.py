"""Sending what was earned: the only code that opens the vault."""

from __future__ import annotations

import csv
import datetime as dt
import io

from django.db import transaction
from django.utils import timezone

from yesand.infra import facts
from yesand.kit.errors import refuse
from yesand.kit.money import EXPONENT
from yesand.pay.actions import account
from yesand.pay.models import Account, Payout, Transfer
from yesand.pay.reads import owed
from yesand.people.models import Person, Program
from yesand.vault import reads as vault
from yesand.vault.actions import prove_adult, set_payout
from yesand.vault.reads import masked_account

__all__ = [
    "bank_file",
    "mark_sent",
    "masked_account",
    "prepare",
    "prove_adult",
    "set_payout",
    "without_account",
]


@transaction.atomic
def prepare(program: Program, pay_on: dt.date) -> list[Payout]:
    """One open payout per person for everything owed; asking again brings it up to date."""
    pseudonyms = Account.objects.filter(program=program, kind="earned").values("owner")
    made = []
    for person in Person.objects.filter(pseudonym__in=pseudonyms).order_by("pseudonym"):
        due = owed(person, program)
        if due.minor <= 0:
            continue
        payout, _ = Payout.objects.update_or_create(
            program=program,
            person=person,
            sent_at=None,
            defaults={
                "amount_minor": due.minor,
                "currency": due.currency,
                "pay_on": pay_on,
                "reference": f"{program.slug[:24]} {pay_on:%Y-%m}",
            },
        )
        made.append(payout)
    return made


@transaction.atomic
def mark_sent(payout: Payout) -> Transfer:
    """Book a payout as sent; refuses a second time."""
    payout = Payout.objects.select_for_update(of=("self",)).get(pk=payout.pk)
    if payout.sent_at:
        raise refuse("already_sent", f"This payout was sent on {payout.sent_at:%Y-%m-%d}.")
    if owed(payout.person, payout.program).minor < payout.amount_minor:
        raise refuse("owed_less", "Less than this is owed now. Prepare the payouts again.")
    owner = payout.person.pseudonym
    row = Transfer.objects.create(
        debit=account(payout.program, "earned", owner),
        credit=account(payout.program, "paid", owner),
        amount_minor=payout.amount_minor,
        state="posted",
        event_kind="payout",
        event=payout.pk,
        rule="payout",
        once=f"payout:{payout.pk}",
        at=timezone.now(),
    )
    payout.sent_at = row.at
    payout.save(update_fields=["sent_at"])
    facts.append("pay", "sent", payout.pk)
    return row


def without_account(payouts: list[Payout]) -> list[Payout]:
    """Those whose person has no account on file yet; nobody else waits for them."""
    return [payout for payout in payouts if vault.payout_detail(payout.person) is None]


def bank_file(payouts: list[Payout]) -> str:
    """CSV with name, account, amount, currency and reference for the operator's bank.

    Refuses when a payout detail is missing, naming the person by pseudonym only.
    """
    out = io.StringIO()
    write = csv.writer(out, lineterminator="\n")
    write.writerow(["name", "account", "amount", "currency", "reference", "pay_on"])
    for payout in payouts:
        detail = vault.payout_detail(payout.person)
        if detail is None:
            raise refuse(
                "no_account",
                "No account is on file. Ask the person to add one under Money.",
                where=payout.person.pseudonym,
            )
        digits = EXPONENT[payout.currency]
        whole, part = divmod(payout.amount_minor, 10**digits)
        amount = f"{whole}.{part:0{digits}d}" if digits else str(whole)
        write.writerow(
            [detail.name, detail.account, amount, payout.currency, payout.reference, payout.pay_on]
        )
    return out.getvalue()
