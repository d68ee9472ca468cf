"""Signatures: DSSE as specified, keys in three spellings, one clear error each."""

import json

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from yesand.formats import signing
from yesand.formats.signing import PublicKey, SigningKey
from yesand.kit.errors import Refused

KEY = SigningKey(bytes(range(32)))
OTHER = SigningKey(bytes(range(1, 33)))


def test_pae_is_the_one_of_the_specification() -> None:
    # the example of secure-systems-lab/dsse, protocol.md
    assert (
        signing.pae("http://example.com/HelloWorld", b"hello world")
        == b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )


def test_signs_the_same_and_checks() -> None:
    signature = signing.sign_release(KEY, "r", "1.0.0", b"{}\n")
    assert signature == signing.sign_release(KEY, "r", "1.0.0", b"{}\n")
    signing.check_release(signature, b"{}\n", KEY.public)
    statement = json.loads(
        signing.open_envelope(json.loads(signature), signing.STATEMENT_TYPE, KEY.public, "x")
    )
    assert statement["subject"][0]["name"] == "release.json"


@pytest.mark.parametrize(
    ("signature", "body", "key", "says"),
    [
        (None, b"{}\n", OTHER.public, "release.sig: is not signed by key"),
        (None, b"{ }\n", KEY.public, "release.json: was changed after it was signed"),
        (b"{}", b"{}\n", KEY.public, "not a DSSE envelope"),
        (b"\xff", b"{}\n", KEY.public, "not a DSSE envelope"),
        (b"[]", b"{}\n", KEY.public, "not a DSSE envelope"),
    ],
)
def test_refuses(signature: bytes | None, body: bytes, key: PublicKey, says: str) -> None:
    made = signing.sign_release(KEY, "r", "1.0.0", b"{}\n")
    with pytest.raises(Refused, match=says) as caught:
        signing.check_release(made if signature is None else signature, body, key)
    assert caught.value.code == "wrong_signature"


def test_a_signature_for_one_kind_is_none_for_another() -> None:
    signature = KEY.sign(signing.TOMBSTONE_TYPE, b"x")
    assert KEY.public.holds(signing.TOMBSTONE_TYPE, b"x", signature)
    assert not KEY.public.holds(signing.STATEMENT_TYPE, b"x", signature)
    assert not PublicKey(b"short").holds(signing.TOMBSTONE_TYPE, b"x", signature)


def test_reads_keys_as_base64_hex_and_pem() -> None:
    public = KEY.public
    pem = Ed25519PublicKey.from_public_bytes(public.raw).public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    for text in (public.text, public.raw.hex() + "\n", pem):
        assert signing.read_public_key(text, "k") == public
    assert signing.read_signing_key(bytes(range(32)).hex() + "\n", "k") == KEY


@pytest.mark.parametrize("text", ["", "zz", "aGVsbG8=", "-----BEGIN PUBLIC KEY-----\nx\n"])
def test_says_what_a_key_looks_like(text: str) -> None:
    with pytest.raises(Refused, match=r"key\.pub: is not an ed25519 public key"):
        signing.read_public_key(text, "key.pub")
    with pytest.raises(Refused, match="64 hexadecimal"):
        signing.read_signing_key(text, "key")


def test_a_key_never_prints_its_secret() -> None:
    assert bytes(range(32)).hex() not in repr(KEY)
    with pytest.raises(ValueError, match="32 bytes"):
        SigningKey(b"x")
