"""Stream capabilities: what is minted verifies, and nothing else does."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yesand.kit.errors import Refused
from yesand.recording.tokens import Capability, mint, verify

STREAM = uuid.UUID("01890a5d-ac96-774b-bcce-b302099a8057")
RECORDING = uuid.UUID("01890a5d-ac96-774b-bcce-b302099a8058")
KEY, OLD, OTHER = b"k" * 32, b"o" * 32, b"x" * 32
NOW = 1_795_000_000.0
MIC = Capability(STREAM, RECORDING, "mic", 300_000_000, 1_795_000_600)


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def signed(claim: bytes, key: bytes = KEY) -> str:
    first = b64(claim)
    return f"{first}.{b64(hmac.new(key, first.encode(), hashlib.sha256).digest())}"


def test_a_token_is_these_characters():
    """The format is a contract with every process that mints one."""
    claim = (
        b'{"e":1795000600,"k":"mic","m":300000000,'
        b'"r":"01890a5d-ac96-774b-bcce-b302099a8058","s":"01890a5d-ac96-774b-bcce-b302099a8057"}'
    )
    assert mint([KEY], MIC) == signed(claim)
    assert "=" not in mint([KEY], MIC)


def test_what_is_minted_verifies():
    assert verify([KEY], mint([KEY], MIC), NOW) == MIC


def test_keys_rotate_by_a_list():
    old = mint([OLD], MIC)
    assert verify([KEY, OLD], old, NOW) == MIC
    assert verify([KEY, OLD], mint([KEY, OLD], MIC), NOW) == MIC
    with pytest.raises(Refused, match="not one of ours"):
        verify([KEY], old, NOW)
    with pytest.raises(Refused):
        verify([], old, NOW)


def test_it_ends_at_its_expiry():
    token = mint([KEY], MIC)
    assert verify([KEY], token, MIC.expires - 0.001) == MIC
    with pytest.raises(Refused) as refusal:
        verify([KEY], token, float(MIC.expires))
    assert refusal.value.code == "token_expired"


@pytest.mark.parametrize(
    "token",
    [
        "",
        ".",
        "a.",
        ".a",
        "no point at all",
        "a" * 700,
        "é.é",
        mint([KEY], MIC) + "=",
        mint([KEY], MIC) + ".",
        mint([KEY], MIC) + "\n",
        mint([KEY], MIC).replace(".", ".."),
        signed(b""),
        signed(b"[]"),
        signed(b"null"),
        signed(b"{"),
        signed(b"{}"),
        signed(json.dumps({"s": 1, "r": 2, "k": "mic", "m": 1, "e": 9**9}).encode()),
        signed(json.dumps({"s": str(STREAM), "r": "x", "k": "mic", "m": 1, "e": 2**40}).encode()),
        signed(
            json.dumps(
                {"s": str(STREAM), "r": str(STREAM), "k": "../x", "m": 1, "e": 2**40}
            ).encode()
        ),
        signed(
            json.dumps(
                {"s": str(STREAM), "r": str(STREAM), "k": "mic", "m": "1", "e": 2**40}
            ).encode()
        ),
    ],
)
def test_what_is_not_a_token_is_malformed(token):
    with pytest.raises(Refused) as refusal:
        verify([KEY], token, NOW)
    assert refusal.value.code == "token_malformed"


def test_another_key_or_another_claim_is_a_forgery():
    first, last = mint([KEY], MIC).split(".")
    more = Capability(STREAM, RECORDING, "mic", 2**50, MIC.expires)
    forged = [
        mint([OTHER], MIC),
        mint([OTHER], more).split(".")[0] + "." + last,
        first + "." + b64(b"\0" * 32),
        first + "." + b64(b"\0"),
        " " + first + "." + last,
        first[:-1] + ("A" if first[-1] != "A" else "B") + "." + last,
    ]
    for token in forged:
        with pytest.raises(Refused) as refusal:
            verify([KEY], token, NOW)
        assert refusal.value.code in ("token_forged", "token_malformed")


@given(st.integers(0, 400), st.integers(1, 255))
def test_no_single_changed_character_passes(at, change):
    token = mint([KEY], MIC)
    at %= len(token)
    changed = token[:at] + chr((ord(token[at]) ^ change) & 0x7F) + token[at + 1 :]
    if changed != token:
        with pytest.raises(Refused):
            verify([KEY], changed, NOW)


@pytest.mark.parametrize(
    "change",
    [{"kind": "video"}, {"max_bytes": 0}, {"max_bytes": -1}, {"max_bytes": 2**53}, {"expires": 0}],
)
def test_a_capability_that_makes_no_sense_is_a_bug(change):
    fields = {"stream": STREAM, "recording": RECORDING, "kind": "mic", "max_bytes": 1, "expires": 1}
    with pytest.raises(ValueError):
        Capability(**(fields | change))
