"""A person signs up, signs in and breaks things; the log never says who it was."""

import logging

import pytest
from django.test import Client

from yesand.infra import logs
from yesand.infra.mail import recent

pytestmark = pytest.mark.django_db
ADDRESS = "zelda.quartz@performer.example"
NAME = "Zelda Quartz"


@pytest.fixture
def lines():
    """Every line that any process would write, at the level they run at and below."""
    written: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            written.append(self.format(record))

    keep = Keep(logging.DEBUG)
    keep.setFormatter(logs.JsonLines())
    root = logging.getLogger()
    level = root.level
    root.addHandler(keep)
    root.setLevel(logging.DEBUG)
    yield written
    root.setLevel(level)
    root.removeHandler(keep)


def test_signing_up_and_in_leaves_no_name(lines, home, settings):
    settings.EMAIL_BACKEND = "yesand.infra.mail.FolderBackend"
    client = Client(raise_request_exception=False)
    client.get("/accounts/signup/")
    client.post("/accounts/signup/", {"email": ADDRESS, "alias": NAME, "zone": "UTC"})
    (mail,) = recent(home, to=ADDRESS)
    assert mail.text
    client.post("/accounts/login/code/confirm/", {"code": "WRONG1"})
    client.get(f"/nowhere/{ADDRESS}")
    client.post("/accounts/login/code/", {"email": "not an address " + ADDRESS})
    assert len(lines) >= 4
    for line in lines:
        for word in ("zelda", "quartz", ADDRESS, NAME):
            assert word.lower() not in line.lower(), line


def test_a_broken_page_says_its_number_and_not_its_person(lines, home):
    from yesand.people.models import Person

    try:
        Person.objects.create(email=ADDRESS)
        Person.objects.create(email=ADDRESS)
    except Exception:
        with logs.bind(request="r-1"):
            logging.getLogger("yesand.web").exception("the page broke")
    (line,) = [line for line in lines if "the page broke" in line]
    assert '"request": "r-1"' in line
    assert "zelda" not in line.lower()
