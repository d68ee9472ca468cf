"""A producer's desk to test against: a program in the middle of its work, and its pages.

Its fixtures are taken by name, so that a test module shows what it stands on:

    program, mo = desk.program, desk.mo
"""

from __future__ import annotations

import re
import uuid

import numpy as np
import pytest
from django.test import Client

from yesand.casting import actions as casting
from yesand.casting.models import Application, Call
from yesand.commission import actions
from yesand.commission.models import Commission
from yesand.commission.schema import read_order
from yesand.consent import actions as consent
from yesand.formats.block_bytes import Encoding, Header, encode_block
from yesand.infra import objects
from yesand.people import actions as people
from yesand.people.models import Person, Program
from yesand.recording import actions as recording

YAML = """\
version: 1
name: Light Voices
brief: Talk over each other, gladly.
use: train
hours: 4
languages: {en: 75, es: 25}
feelings: {joy: 50, fear: 50}
relationships: {family: 50, rivals: 50}
"""


def make_program() -> Program:
    """A program with a client, three uses and terms."""
    found = people.open_program(
        "Quiet Harbor Lab",
        "Light Voices",
        purposes=["recognition_training", "evaluation_only", "voice_generation"],
        about="Voices that take part in conversation.",
        may_not="Tell an employer how you feel.",
        contact="Marta, 9:00 to 18:00",
    )
    consent.publish_terms(found, "terms", "Terms", "EXAMPLE TEXT. You are paid for every minute.")
    consent.publish_terms(found, "recognition_training", "Recognition", "Teach a model to hear.")
    return found


def signed_in(person: Person) -> Client:
    """The pages as one person."""
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def program() -> Program:
    return make_program()


@pytest.fixture
def mo(program: Program) -> Person:
    person = people.add_person("mo@example.org", alias="Mo")
    people.join(program, person, "producer")
    return person


@pytest.fixture
def producer(mo: Person) -> Client:
    return signed_in(mo)


@pytest.fixture
def ada() -> Person:
    return people.add_person("ada@example.org", alias="Ada", languages=["en"])


@pytest.fixture
def commission(program: Program) -> Commission:
    return actions.draft(program, read_order(YAML, "x"))


@pytest.fixture
def opened(commission: Commission) -> Commission:
    return actions.open_commission(actions.approve(commission, "Dr. Ames"))


@pytest.fixture
def call(program: Program) -> Call:
    return casting.open_call(program, "Players wanted", "Five short scenes.", ["en"])


def page(client: Client, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status, answer.content[:600]
    return answer.content.decode()


def fields_of(html: str) -> dict[str, str]:
    """What a browser would send for the order form as it stands."""
    form = html.split('<form id="order"')[1].split("</form>")[0]
    fields = {}
    for tag in re.findall(r"<input[^>]*>", form):
        name = re.search(r'name="([^"]+)"', tag)
        if name and name[1] not in {"csrfmiddlewaretoken", "new_language"}:
            value = re.search(r'value="([^"]*)"', tag)
            fields[name[1]] = value[1] if value else ""
    for name, options in re.findall(r'<select name="([^"]+)">(.*?)</select>', form, re.S):
        fields[name] = re.search(r'value="([^"]+)" selected', options)[1]
    return fields


def hand_in(application: Application, samples: np.ndarray | None = None) -> Application:
    """Both pieces as the recorder leaves them: sealed microphone streams."""
    for piece in (1, 2):
        audition = casting.open_audition(application, piece)
        stream, _token, _door = recording.open_stream(audition.recording, "mic")
        key = f"auditions/{audition.pk}/{stream.pk}/mic.pcm"
        if samples is not None:
            objects.default().put(key, [blocks(stream.pk, samples)])
        recording.sealed(stream, 4096, "h", "s", key)
    return casting.hand_in(application)


def blocks(stream: uuid.UUID, samples: np.ndarray) -> bytes:
    header = Header(
        stream=stream, sequence=0, rate=48000, first_sample=0, device_us=0, client_us=0,
        encoding=Encoding.S24,
    )  # fmt: skip
    return encode_block(header, samples)
