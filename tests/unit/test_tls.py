import ssl
from ipaddress import ip_address, ip_network

import pytest
from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from yesand.cli import serve
from yesand.infra import environ, tls


def chain_of(made: tls.Certificate) -> list[x509.Certificate]:
    return x509.load_pem_x509_certificates(made.cert.read_bytes())


def trusts(made: tls.Certificate, leaf: x509.Certificate, name: str) -> bool:
    """Would somebody who trusts the authority of `made` take `leaf` for `name`?"""
    store = Store(x509.load_pem_x509_certificates(made.ca.read_bytes()))
    try:
        subject: x509.GeneralName = x509.IPAddress(ip_address(name))
    except ValueError:
        subject = x509.DNSName(name)
    try:
        PolicyBuilder().store(store).build_server_verifier(subject).verify(leaf, [])
    except VerificationError:
        return False
    return True


def test_the_certificate_names_this_machine_and_is_kept(tmp_path):
    first = tls.local_certificate(tmp_path, ["192.0.2.7", "studio.local"])
    known, authority = chain_of(first)
    names = known.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert {str(a) for a in names.get_values_for_type(x509.IPAddress)} == {"192.0.2.7", "127.0.0.1"}
    assert set(names.get_values_for_type(x509.DNSName)) == {"studio.local", "localhost"}
    assert authority == x509.load_pem_x509_certificate(first.ca.read_bytes())
    for path in (tmp_path / "secrets").iterdir():
        assert path.stat().st_mode & 0o777 == 0o600
    assert first.fingerprint.count(":") == first.ca_fingerprint.count(":") == 31
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(first.cert, first.key)
    assert tls.local_certificate(tmp_path, ["studio.local", "192.0.2.7"]) == first


def test_the_authority_is_enough_to_trust_and_vouches_for_nothing_else(tmp_path):
    made = tls.local_certificate(tmp_path, ["192.168.1.7", "192.0.2.7", "studio.lan"])
    known, authority = chain_of(made)
    for name in ("192.168.1.7", "192.0.2.7", "studio.lan", "localhost"):
        assert trusts(made, known, name), name
    assert not trusts(made, known, "192.168.1.8")
    permitted = authority.extensions.get_extension_for_class(x509.NameConstraints)
    assert permitted.critical
    values = [subtree.value for subtree in permitted.value.permitted_subtrees or ()]
    assert ip_network("192.0.2.7/32") in values
    assert not any(ip_address("192.0.2.8") in v for v in values if not isinstance(v, str))
    assert "studio.lan" not in values, "below a private name already"


def test_a_new_address_or_a_broken_file_makes_a_new_one(tmp_path):
    first = tls.local_certificate(tmp_path, ["10.0.0.7"])
    second = tls.local_certificate(tmp_path, ["10.0.0.8"])
    assert second.fingerprint != first.fingerprint
    second.cert.write_text("not a certificate")
    third = tls.local_certificate(tmp_path, ["10.0.0.8"])
    assert third.fingerprint != second.fingerprint
    # who trusted this machine once is not asked again
    assert first.ca_fingerprint == second.ca_fingerprint == third.ca_fingerprint


@pytest.mark.parametrize("broken", ["tls_ca.pem", "tls_ca_key.pem"])
def test_a_lost_authority_is_replaced_with_all_that_it_signed(tmp_path, broken):
    first = tls.local_certificate(tmp_path, ["10.0.0.7"])
    (tmp_path / "secrets" / broken).write_text("not a certificate")
    second = tls.local_certificate(tmp_path, ["10.0.0.7"])
    assert second.ca_fingerprint != first.ca_fingerprint
    assert trusts(second, chain_of(second)[0], "10.0.0.7")


def test_a_public_address_needs_an_authority_of_its_own(tmp_path):
    first = tls.local_certificate(tmp_path, ["10.0.0.7"])
    second = tls.local_certificate(tmp_path, ["203.0.113.5"])
    assert second.ca_fingerprint != first.ca_fingerprint
    assert trusts(second, chain_of(second)[0], "203.0.113.5")


def test_loopback_is_not_an_address_of_the_network():
    assert not any(address.is_loopback for address in tls.local_addresses())


@pytest.fixture
def environment(monkeypatch, tmp_path):
    """An empty environment with this home; what `use_https` sets is undone."""
    for name in environ.VARIABLES:
        monkeypatch.setenv(name, "")  # so that the end puts back what was there
        monkeypatch.delenv(name)
    monkeypatch.setenv("YESAND_HOME", str(tmp_path))
    monkeypatch.setattr(tls, "local_addresses", lambda: [ip_address("10.9.8.7")])
    environ.current.cache_clear()
    yield monkeypatch
    environ.current.cache_clear()


def test_https_serves_the_network_with_a_certificate_for_its_address(environment):
    made = serve.use_https()
    here = environ.current()
    assert made is not None and here.tls_cert == str(made.cert)
    assert (here.host, here.base_url) == ("0.0.0.0", "https://10.9.8.7:8000")
    assert (here.door_url, here.hosts) == ("https://10.9.8.7:8001", ("10.9.8.7",))


def test_https_keeps_what_was_set_by_hand(environment, tmp_path):
    environment.setenv("YESAND_BASE_URL", "https://studio.example:8443")
    made = serve.use_https()
    assert made is not None and trusts(made, chain_of(made)[0], "studio.example")
    assert environ.current().door_url == "https://studio.example:8001"

    environment.setenv("YESAND_TLS_CERT", "/somewhere/cert.pem")
    environment.setenv("YESAND_TLS_KEY", "/somewhere/key.pem")
    environ.current.cache_clear()
    assert serve.use_https() is None
    assert environ.current().tls_cert == "/somewhere/cert.pem"
