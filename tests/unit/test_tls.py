import ssl

from cryptography import x509

from yesand.infra import tls


def test_the_certificate_names_this_machine_and_is_kept(tmp_path):
    first = tls.local_certificate(tmp_path, ["192.0.2.7", "studio.local"])
    known = x509.load_pem_x509_certificate(first.cert.read_bytes())
    names = known.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert {str(a) for a in names.get_values_for_type(x509.IPAddress)} == {"192.0.2.7", "127.0.0.1"}
    assert set(names.get_values_for_type(x509.DNSName)) == {"studio.local", "localhost"}
    assert first.key.stat().st_mode & 0o777 == 0o600
    assert first.fingerprint.count(":") == 31
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(first.cert, first.key)
    assert tls.local_certificate(tmp_path, ["studio.local", "192.0.2.7"]) == first


def test_a_new_address_or_a_broken_file_makes_a_new_one(tmp_path):
    first = tls.local_certificate(tmp_path, ["192.0.2.7"])
    second = tls.local_certificate(tmp_path, ["192.0.2.8"])
    assert second.fingerprint != first.fingerprint
    second.cert.write_text("not a certificate")
    assert tls.local_certificate(tmp_path, ["192.0.2.8"]).fingerprint != second.fingerprint


def test_loopback_is_not_an_address_of_the_network():
    assert not any(address.is_loopback for address in tls.local_addresses())
