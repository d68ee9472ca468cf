"""One-time sign-in links for a machine of one's own: `make demo` prints them.

A link holds for 24 hours and for one sign-in: it names the last sign-in it was made after. The
web answers them only where YESAND_DEV_PAGES is on.
"""

from __future__ import annotations

import datetime as dt

from django.core import signing

from yesand.people.models import Person

SALT = "yesand.people.entry"
LASTS = dt.timedelta(hours=24)


def _stamp(person: Person) -> str:
    return person.last_login.isoformat() if person.last_login else ""


def token_for(person: Person, to: str = "/") -> str:
    """A token that signs this person in once and opens the page `to` (a path of ours)."""
    if not to.startswith("/") or to.startswith("//"):
        raise ValueError(f"not a path of ours: {to!r}")
    said = {"person": str(person.pk), "after": _stamp(person), "to": to}
    return signing.dumps(said, salt=SALT, compress=True)


def path_for(person: Person, to: str = "/") -> str:
    """The address of a one-time sign-in, below the base address."""
    return f"/enter/{token_for(person, to)}"


def read_token(token: str) -> tuple[Person, str, bool] | None:
    """(person, page, unused) of a token; None where it is broken, too old or nobody's."""
    try:
        said = signing.loads(token, salt=SALT, max_age=LASTS)
    except signing.BadSignature:
        return None
    person = Person.objects.filter(pk=said["person"], is_active=True).first()
    if person is None:
        return None
    return person, said["to"], said["after"] == _stamp(person)
