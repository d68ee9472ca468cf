"""The producer and the rater: people whose pages need no camera, driven by their forms."""

from __future__ import annotations

import re
import time
from html.parser import HTMLParser
from typing import Any

import httpx

from yesand.cli.rehearsal.server import StepFailed

CODE = re.compile(r"\b([A-Z0-9]{3,4}-[A-Z0-9]{3,4})\b")


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[dict[str, Any]] = []
        self._select: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        a = {k: v or "" for k, v in attrs}
        if tag == "form":
            self.forms.append(
                {"action": a.get("action", ""), "fields": {}, "options": {}, "buttons": []}
            )
        if not self.forms:
            return
        form = self.forms[-1]
        if tag == "input" and a.get("name"):
            kind = a.get("type", "text")
            if kind in ("radio", "checkbox"):
                form["options"].setdefault(a["name"], []).append(a.get("value", "on"))
                if "checked" not in {k for k, _ in attrs}:
                    return
            form["fields"][a["name"]] = a.get("value", "on" if kind == "checkbox" else "")
        elif tag == "textarea" and a.get("name"):
            form["fields"].setdefault(a["name"], "")
        elif tag == "select" and a.get("name"):
            self._select = a["name"]
        elif tag == "option" and self._select:
            form["options"].setdefault(self._select, []).append(a.get("value", ""))
            if "selected" in {k for k, _ in attrs}:
                form["fields"][self._select] = a.get("value", "")
        elif tag == "button" and a.get("name"):
            form["buttons"].append((a["name"], a.get("value", "")))

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = None


def forms(html: str) -> list[dict[str, Any]]:
    """Every form of a page: action, preset fields, options of choices, named buttons."""
    parser = _Forms()
    parser.feed(html)
    return parser.forms


class Visitor:
    """One signed-in person with a cookie jar."""

    def __init__(self, base_url: str, email: str) -> None:
        self.email = email
        self.base_url = base_url
        self.web = httpx.Client(base_url=base_url, follow_redirects=True, timeout=60)

    def get(self, path: str) -> str:
        """A page; raises StepFailed with its status otherwise."""
        answer = self.web.get(path)
        if answer.status_code >= 400:
            raise StepFailed(f"{path} answered {answer.status_code}")
        self.url = str(answer.url)
        return answer.text

    def send(self, path: str, fields: dict[str, Any]) -> str:
        """Send a form; returns the page that follows."""
        token = self.web.cookies.get("csrftoken", "")
        answer = self.web.post(
            path, data={"csrfmiddlewaretoken": token, **fields}, headers={"Referer": self.base_url}
        )
        if answer.status_code >= 400:
            raise StepFailed(f"{path} answered {answer.status_code}: {_says(answer.text)}")
        self.url = str(answer.url)
        return answer.text

    def sign_in(self) -> None:
        """By e-mail code, read from the page of this machine's mails."""
        self.get("/accounts/login/")
        page = self.send("/accounts/login/", {"login": self.email})
        code = wait_for_code(self.web, self.email)
        action = next((f["action"] for f in forms(page) if "code" in f["fields"]), self.url)
        self.send(action or self.url, {"code": code})
        if self.web.get("/me/account").status_code >= 400:
            raise StepFailed(f"{self.email} could not sign in")


def wait_for_code(web: httpx.Client, email: str, seconds: float = 20) -> str:
    """The newest sign-in code that was mailed to an address."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = CODE.search(web.get("/dev/mail", params={"to": email}).text)
        if found:
            return found.group(1)
        time.sleep(0.1)
    raise StepFailed(f"no sign-in code arrived for {email}")


def _says(html: str) -> str:
    text = re.sub(r"<(script|style).*?</\1>|<[^>]+>", " ", html, flags=re.S)
    return re.sub(r"\s+", " ", text)[:300]
