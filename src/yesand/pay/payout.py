"""Sending what was earned: the only code that opens the vault.

A bank file is prepared (its lines follow what is owed), written (fixed from then on), and marked
as sent or dropped. One line of a sent file can come back and is owed again. Every verb locks the
program's row first, so that two producers, or one with a nervous mouse, book each thing once.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from uuid import UUID

from django.db import transaction
from django.db.models import Max, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from yesand.infra import facts
from yesand.kit.errors import refuse
from yesand.kit.money import EXPONENT
from yesand.pay.actions import account
from yesand.pay.models import Account, BankFile, Payout, Transfer
from yesand.pay.reads import owed, undoable
from yesand.people.models import Person, Program
from yesand.vault import reads as vault
from yesand.vault.actions import prove_adult, set_payout
from yesand.vault.reads import masked_account

#: The columns of a bank file; the whole file where nothing is owed.
COLUMNS = ("name", "account", "amount", "currency", "reference", "pay_on")
EMPTY = ",".join(COLUMNS) + "\n"

__all__ = [
    "EMPTY",
    "bank_file",
    "drop",
    "masked_account",
    "prepare",
    "prove_adult",
    "returned",
    "send",
    "set_payout",
    "undo_return",
    "undo_send",
    "without_account",
    "write",
]


def _alone(program: Program) -> Program:
    # One writer of payouts per program: what is owed cannot move into two files at once.
    return Program.objects.select_for_update().get(pk=program.pk)


def _file(file: BankFile) -> BankFile:
    _alone(file.program)
    return BankFile.objects.select_related("program").get(pk=file.pk)


def _line(payout: Payout) -> Payout:
    _alone(payout.program)
    return Payout.objects.select_related("program", "person", "file").get(pk=payout.pk)


def _underway(person: Person, program: Program) -> int:
    """Minor units in files the bank may have, but nobody has said so yet."""
    rows = Payout.objects.filter(person=person, program=program, sent_at=None)
    written = rows.filter(file__written_at__isnull=False, file__dropped_at=None)
    return written.aggregate(s=Sum("amount_minor"))["s"] or 0


@transaction.atomic
def prepare(program: Program, pay_on: dt.date, by: Person | None = None) -> list[Payout]:
    """One line per person for everything owed and in no written file; again brings it up to date.

    by: who asked, or None from the command line. An empty list where nothing is owed.
    """
    program = _alone(program)
    file = BankFile.objects.filter(
        program=program, written_at=None, sent_at=None, dropped_at=None
    ).first()
    if file is None:
        last = BankFile.objects.filter(program=program).aggregate(n=Max("number"))["n"] or 0
        file = BankFile.objects.create(
            program=program,
            number=last + 1,
            pay_on=pay_on,
            prepared_at=timezone.now(),
            prepared_by=by,
        )
    elif file.pay_on != pay_on:
        file.pay_on = pay_on
        file.save(update_fields=["pay_on"])
    made = _fill(file)
    if not made:
        file.delete()
    return made


def _fill(file: BankFile) -> list[Payout]:
    program, made = file.program, []
    pseudonyms = Account.objects.filter(program=program, kind="earned").values("owner")
    for person in Person.objects.filter(pseudonym__in=pseudonyms).order_by("pseudonym"):
        due = owed(person, program).minor - _underway(person, program)
        if due <= 0:
            continue
        line, _made = Payout.objects.update_or_create(
            program=program,
            person=person,
            file=file,
            defaults={
                "amount_minor": due,
                "currency": program.currency,
                "pay_on": file.pay_on,
                "reference": f"{program.slug[:24]} {file.pay_on:%Y-%m}",
            },
        )
        made.append(line)
    # Nothing of an unwritten file was promised to anybody: a line nobody is owed just goes.
    file.payouts.exclude(pk__in=[line.pk for line in made]).delete()
    return made


@transaction.atomic
def write(file: BankFile) -> list[Person]:
    """Fix the lines of a prepared file so that it can go to the bank; again changes nothing.

    What is owed is read once more. Persons without an account are left out, stay owed, and are
    returned. Refuses where nobody is left or the file was dropped.
    """
    file = _file(file)
    if file.dropped_at:
        raise refuse("file_dropped", _("This file was thrown away. Prepare the payouts again."))
    if file.written_at or file.sent_at:
        return []
    lines = _fill(file)
    waiting = without_account(lines)
    if len(waiting) == len(lines):
        raise refuse(
            "nobody_to_pay",
            _("Nobody in it has an account on file. They are asked for it under Money."),
        )
    file.payouts.filter(pk__in=[line.pk for line in waiting]).delete()
    file.written_at = timezone.now()
    file.save(update_fields=["written_at"])
    facts.append("pay", "file_written", file.pk, lines=len(lines) - len(waiting))
    return [line.person for line in waiting]


@transaction.atomic
def drop(file: BankFile) -> BankFile:
    """Throw a file away that the bank never took; everything in it is owed as before."""
    file = _file(file)
    if file.sent_at:
        raise refuse("already_sent", _("This file was sent. Undo that first."))
    if file.dropped_at is None:
        file.dropped_at = timezone.now()
        file.save(update_fields=["dropped_at"])
        facts.append("pay", "file_dropped", file.pk)
    return file


def _book(line: Payout, source: str, target: str, rule: str) -> Transfer:
    owner, program = line.person.pseudonym, line.program
    before = Transfer.objects.filter(event_kind="payout", event=line.pk).count()
    return Transfer.objects.create(
        debit=account(program, source, owner),
        credit=account(program, target, owner),
        amount_minor=line.amount_minor,
        state="posted",
        event_kind="payout",
        event=line.pk,
        rule=rule,
        once=f"payout:{line.pk}" + (f":{before}" if before else ""),
        at=timezone.now(),
    )


def _lines(file: BankFile) -> list[Payout]:
    rows = file.payouts.select_related("person", "program").order_by("person__pseudonym")
    return list(rows)


@transaction.atomic
def send(
    file: BankFile, sent_on: dt.date, bank_reference: str = "", by: Person | None = None
) -> BankFile:
    """Book a written file as sent: earned -> paid, one transfer a line.

    The same words a second time change nothing; other words are refused. Refuses a file that is
    not written, a day in the future or before it was prepared, and a line of which less is owed.
    """
    file = _file(file)
    bank_reference = bank_reference.strip()
    if file.sent_at:
        if (file.sent_on, file.bank_reference) == (sent_on, bank_reference):
            return file
        raise refuse(
            "already_sent",
            _("This file was marked as sent on %(day)s already.") % {"day": file.sent_on},
        )
    if file.dropped_at:
        raise refuse("file_dropped", _("This file was thrown away. Prepare the payouts again."))
    if file.written_at is None:
        raise refuse("not_written", _("Write the bank file first, then send it."))
    if not timezone.localdate(file.prepared_at) <= sent_on <= timezone.localdate():
        raise refuse(
            "bad_day", _("Give the day the bank sent it: not before it was prepared."), "sent_on"
        )
    if len(bank_reference) > 60:
        raise refuse("too_long", _("Use at most 60 signs."), "bank_reference")
    now = timezone.now()
    for line in _lines(file):
        if owed(line.person, line.program).minor < line.amount_minor:
            raise refuse(
                "owed_less",
                _("Less than this is owed now. Throw the file away and prepare the payouts again."),
                line.person.pseudonym,
            )
        _book(line, "earned", "paid", "payout")
        facts.append("pay", "sent", line.pk)
    file.payouts.update(sent_at=now)
    file.sent_on, file.sent_at, file.sent_by = sent_on, now, by
    file.bank_reference = bank_reference
    file.save(update_fields=["sent_on", "sent_at", "sent_by", "bank_reference"])
    facts.append("pay", "file_sent", file.pk)
    return file


@transaction.atomic
def undo_send(file: BankFile) -> BankFile:
    """Take back a mistaken *sent*: paid -> earned for every line; the file is written again.

    Refuses after `rules.UNDO_HOURS` and once a line came back. A file not sent stays as it is.
    """
    file = _file(file)
    if file.sent_at is None:
        return file
    lines = _lines(file)
    if any(line.returned_at for line in lines):
        raise refuse("line_returned", _("A payout of it came back. Undo that first."))
    if not undoable(file.sent_at):
        raise refuse("too_late", _("It was marked more than a day ago. Mark what came back."))
    for line in lines:
        _book(line, "paid", "earned", "payout_undone")
        facts.append("pay", "send_undone", line.pk)
    file.payouts.update(sent_at=None)
    file.sent_on, file.sent_at, file.sent_by, file.bank_reference = None, None, None, ""
    file.save(update_fields=["sent_on", "sent_at", "sent_by", "bank_reference"])
    return file


@transaction.atomic
def returned(payout: Payout, reason: str, by: Person | None = None) -> Payout:
    """Book that one payout came back: paid -> earned, so that it is owed and payable again.

    reason: what the bank said, 3 to 200 signs; the person reads it. A second time with the same
    reason changes nothing. Refuses what was not sent and what came back with another reason.
    """
    payout, reason = _line(payout), " ".join(reason.split())
    if payout.sent_at is None:
        raise refuse("not_sent", _("This payout is not marked as sent."))
    if payout.returned_at:
        if payout.return_reason == reason:
            return payout
        raise refuse("already_returned", _("This payout is marked as returned already."))
    if not 3 <= len(reason) <= 200:
        raise refuse(
            "no_reason", _("Say what the bank wrote, in 3 to 200 signs. The person reads it."),
            "reason",
        )  # fmt: skip
    _book(payout, "paid", "earned", "returned")
    payout.returned_at, payout.returned_by = timezone.now(), by
    payout.return_reason = reason
    payout.save(update_fields=["returned_at", "returned_by", "return_reason"])
    facts.append("pay", "returned", payout.pk)
    return payout


@transaction.atomic
def undo_return(payout: Payout) -> Payout:
    """Take back a mistaken *returned*: earned -> paid. One that did not come back stays as it is.

    Refuses after `rules.UNDO_HOURS` and where the money is on its way a second time.
    """
    payout = _line(payout)
    if payout.returned_at is None:
        return payout
    if not undoable(payout.returned_at):
        raise refuse("too_late", _("It was marked more than a day ago."))
    free = owed(payout.person, payout.program).minor - _underway(payout.person, payout.program)
    if free < payout.amount_minor:
        raise refuse("paid_again", _("The money is in a later file already."))
    _book(payout, "earned", "paid", "return_undone")
    payout.returned_at, payout.returned_by, payout.return_reason = None, None, ""
    payout.save(update_fields=["returned_at", "returned_by", "return_reason"])
    facts.append("pay", "return_undone", payout.pk)
    return payout


def without_account(payouts: list[Payout]) -> list[Payout]:
    """Those whose person has no account on file yet; nobody else waits for them."""
    return [payout for payout in payouts if vault.payout_detail(payout.person) is None]


@transaction.atomic
def bank_file(file: BankFile, reader: UUID | None = None) -> str:
    """CSV with name, account, amount, currency, reference and day for the operator's bank.

    Names and accounts leave the vault here: a fact keeps who asked (None: the command line).
    Refuses a file not written or dropped, and where an account is gone since, naming the person
    by pseudonym only.
    """
    file = _file(file)
    if file.written_at is None or file.dropped_at:
        raise refuse("not_written", _("Write the bank file first, then download it."))
    out = io.StringIO()
    write_row = csv.writer(out, lineterminator="\n").writerow
    write_row(COLUMNS)
    for line in _lines(file):
        detail = vault.payout_detail(line.person)
        if detail is None:
            raise refuse(
                "no_account",
                _("No account is on file. Ask the person to add one under Money."),
                where=line.person.pseudonym,
            )
        digits = EXPONENT[line.currency]
        whole, part = divmod(line.amount_minor, 10**digits)
        amount = f"{whole}.{part:0{digits}d}" if digits else str(whole)
        write_row([detail.name, detail.account, amount, line.currency, line.reference, line.pay_on])
    facts.append("pay", "file_read", file.pk, reader=str(reader or ""))
    return out.getvalue()
