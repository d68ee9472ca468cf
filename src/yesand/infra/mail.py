"""Mail without a mail server: every mail is a file in HOME/mail, newest name last.

On loopback the web shows them at /dev/mail, so that a newcomer can read the sign-in code. With
YESAND_SMTP_URL set, Django's SMTP backend is used instead and nothing lies here.
"""

from __future__ import annotations

import email
import email.policy
import os
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage as Parsed
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from yesand.kit import ids

NAME = re.compile(r"\A\d{19}-[0-9a-f-]{36}\.eml\Z")


@dataclass(frozen=True)
class Mail:
    """One mail that was sent. id: its file name; at: when it was written, UTC."""

    id: str
    at: datetime
    to: str
    subject: str
    text: str


class FolderBackend(BaseEmailBackend):
    """Writes each mail whole (temporary name, then rename), readable by this account only."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        folder = Path(settings.HOME) / "mail"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for message in email_messages:
            name = f"{time.time_ns():019d}-{ids.new_id()}.eml"
            draft = folder / f".{name}"
            handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(message.message().as_bytes())
            draft.rename(folder / name)
        return len(email_messages)


def _parse(path: Path) -> Mail:
    found = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    assert isinstance(found, Parsed)
    body = found.get_body(("plain", "html"))
    return Mail(
        id=path.name,
        at=datetime.fromtimestamp(int(path.name[:19]) / 1e9, UTC),
        to=str(found["to"] or ""),
        subject=str(found["subject"] or ""),
        text=body.get_content() if body is not None else "",
    )


def recent(home: Path, limit: int = 50, to: str = "") -> list[Mail]:
    """The newest mails first; `to` keeps those to that address."""
    folder = Path(home) / "mail"
    if not folder.is_dir():
        return []
    found: list[Mail] = []
    for name in sorted((n for n in os.listdir(folder) if NAME.match(n)), reverse=True):
        mail = _parse(folder / name)
        if not to or to.lower() in mail.to.lower():
            found.append(mail)
        if len(found) == limit:
            break
    return found
