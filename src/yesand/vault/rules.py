"""Age and account numbers, as plain values."""

from __future__ import annotations

import datetime as dt
import re

ADULT = 18
PROOFS = {
    "statement": "the person stated name and date of birth",
    "document_seen": "somebody here compared a document with the statement",
}
IBAN = re.compile(r"\A[A-Z]{2}\d{2}[A-Z0-9]{11,30}\Z")


def years_old(born: dt.date, on: dt.date) -> int:
    """Whole years on a day; a 29 February birthday counts on 1 March."""
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def plain_account(text: str) -> str:
    """An account number without spaces and in capitals."""
    return re.sub(r"[\s-]", "", text).upper()


def looks_like_iban(account: str) -> bool:
    return bool(re.match(r"\A[A-Z]{2}\d{2}", account))


def iban_holds(account: str) -> bool:
    """True where the check digits of an IBAN are right (ISO 7064 MOD 97-10)."""
    if not IBAN.match(account):
        return False
    turned = account[4:] + account[:4]
    return int("".join(str(int(c, 36)) for c in turned)) % 97 == 1


def masked(account: str) -> str:
    """What a page may show of an account: its last two signs."""
    return f"··{account[-2:]}" if account else ""
