"""The authority behind a certificate made here can be fetched; a certificate set by hand has none."""

import pytest

from yesand.infra import environ, tls


@pytest.fixture
def certified(monkeypatch, tmp_path):
    made = tls.local_certificate(tmp_path, ["10.0.0.7"])
    monkeypatch.setenv("YESAND_HOME", str(tmp_path))
    monkeypatch.setenv("YESAND_TLS_CERT", str(made.cert))
    monkeypatch.setenv("YESAND_TLS_KEY", str(made.key))
    environ.current.cache_clear()
    yield made
    monkeypatch.undo()
    environ.current.cache_clear()


def test_the_authority_is_a_file_for_anybody_and_never_a_key(client, certified):
    answer = client.get("/local-authority")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/x-x509-ca-cert"
    assert answer.content == certified.ca.read_bytes()
    assert b"PRIVATE" not in answer.content


def test_there_is_none_behind_a_certificate_set_by_hand(client, certified, monkeypatch):
    monkeypatch.setenv("YESAND_TLS_CERT", "/elsewhere/cert.pem")
    environ.current.cache_clear()
    assert client.get("/local-authority").status_code == 404


def test_there_is_none_without_https(client):
    assert client.get("/local-authority").status_code == 404
