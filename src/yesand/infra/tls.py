"""A certificate for the local network, so that a browser gives a page its microphone.

A small authority of this home signs a certificate for this machine's addresses. Whoever trusts
the authority is warned by no browser, also after the addresses changed; it can vouch for nothing
but private networks and the addresses it was made for. Whoever does not is warned once. Files
stay in HOME/secrets; the certificate is made again when an address changed or it nears its end.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import socket
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DAYS = 397  # the longest that browsers accept
AUTHORITY_DAYS = 5 * 365
RENEW = timedelta(days=7)
SIOCGIFADDR = 0x8915
#: What an authority of ours may vouch for: networks that nobody reaches from outside.
PRIVATE = tuple(
    ip_network(text)
    for text in (
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "169.254.0.0/16",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "fc00::/7",
        "fe80::/10",
    )
)
PRIVATE_NAMES = ("localhost", "local", "lan", "internal", "home.arpa")
_Net = IPv4Network | IPv6Network


@dataclass(frozen=True)
class Certificate:
    """Files in PEM, and the SHA-256 fingerprints as browsers show them.

    cert: the certificate, then the authority that signed it. ca: the authority alone.
    """

    cert: Path
    key: Path
    fingerprint: str
    ca: Path
    ca_fingerprint: str


def local_addresses() -> list[IPv4Address]:
    """This machine's IPv4 addresses outside loopback, the one that leads outward first."""
    found: list[IPv4Address] = []
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        # Nothing is sent: connecting a datagram socket only asks for the route.
        probe.connect(("192.0.2.1", 9))
        found.append(IPv4Address(probe.getsockname()[0]))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        for _, name in socket.if_nameindex():
            with contextlib.suppress(OSError):
                packed = struct.pack("256s", name.encode()[:15])
                answer = fcntl.ioctl(probe.fileno(), SIOCGIFADDR, packed)
                found.append(IPv4Address(answer[20:24]))
    outside = [address for address in found if not address.is_loopback]
    return list(dict.fromkeys(outside))


def files(home: Path) -> Certificate:
    """Where the certificate of `home` is kept, without fingerprints; the files may be missing."""
    folder = Path(home) / "secrets"
    return Certificate(
        folder / "tls_cert.pem", folder / "tls_key.pem", "", folder / "tls_ca.pem", ""
    )


def local_certificate(home: Path, names: Sequence[str]) -> Certificate:
    """A certificate for `names` (host names and addresses); the last one again where it fits."""
    at = files(home)
    at.cert.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    wanted = sorted({*names, "localhost", "127.0.0.1"})
    ca, ca_key = _authority(at.ca, at.cert.with_name("tls_ca_key.pem"), wanted)
    known = _read(at.cert)
    if known is None or not at.key.exists() or not _serves(known, ca, wanted):
        key = ec.generate_private_key(ec.SECP256R1())
        known = _leaf(key, ca, ca_key, wanted)
        _write(at.key, _pem(key))
        chain = (known, ca)
        _write(at.cert, b"".join(c.public_bytes(serialization.Encoding.PEM) for c in chain))
    return Certificate(at.cert, at.key, _fingerprint(known), at.ca, _fingerprint(ca))


def _authority(
    path: Path, key_path: Path, wanted: list[str]
) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    """The authority of this home; a new one where the last may not vouch for all that is wanted."""
    known = _read(path)
    with contextlib.suppress(FileNotFoundError, ValueError):
        key = serialization.load_pem_private_key(key_path.read_bytes(), None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        if known is not None and _fresh(known) and known.public_key() == key.public_key():
            permitted = known.extensions.get_extension_for_class(x509.NameConstraints).value
            if all(_may(permitted.permitted_subtrees or (), name) for name in wanted):
                return known, key
    key = ec.generate_private_key(ec.SECP256R1())
    subtrees: list[x509.GeneralName] = [x509.IPAddress(network) for network in PRIVATE]
    subtrees += [x509.DNSName(name) for name in PRIVATE_NAMES]
    subtrees += [_subtree(name) for name in wanted if not _may(subtrees, name)]
    subject = _subject("YesAnd local authority")
    made = (
        _dated(AUTHORITY_DAYS, subject, subject, key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs=True), critical=True)
        .add_extension(x509.NameConstraints(subtrees, None), critical=True)
        .sign(key, hashes.SHA256())
    )
    _write(key_path, _pem(key))
    _write(path, made.public_bytes(serialization.Encoding.PEM))
    return made, key


def _leaf(
    key: ec.EllipticCurvePrivateKey,
    ca: x509.Certificate,
    ca_key: ec.EllipticCurvePrivateKey,
    wanted: list[str],
) -> x509.Certificate:
    signer = x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key())
    names = x509.SubjectAlternativeName([_name(name) for name in wanted])
    return (
        _dated(DAYS, _subject("YesAnd on this machine"), ca.subject, key.public_key())
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(signer, critical=False)
        .sign(ca_key, hashes.SHA256())
    )


def _dated(
    days: int, subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _subject(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        key_cert_sign=signs,
        crl_sign=signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _serves(known: x509.Certificate, ca: x509.Certificate, wanted: list[str]) -> bool:
    try:
        known.verify_directly_issued_by(ca)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return _fresh(known) and _names_of(known) == wanted


def _fresh(known: x509.Certificate) -> bool:
    return known.not_valid_after_utc > datetime.now(UTC) + RENEW


def _read(path: Path) -> x509.Certificate | None:
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except (FileNotFoundError, ValueError):
        return None


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _write(path: Path, content: bytes) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
    draft.replace(path)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None


def _name(text: str) -> x509.GeneralName:
    address = _address(text)
    return x509.IPAddress(address) if address else x509.DNSName(text)


def _subtree(text: str) -> x509.GeneralName:
    return x509.IPAddress(ip_network(text)) if _address(text) else x509.DNSName(text)


def _may(subtrees: Sequence[x509.GeneralName], text: str) -> bool:
    """Is this name below one of these?"""
    address = _address(text)
    for subtree in subtrees:
        below: object = subtree.value
        if address is not None:
            if isinstance(below, _Net) and below.version == address.version and address in below:
                return True
        elif text == below or text.endswith(f".{below}"):
            return True
    return False


def _names_of(known: x509.Certificate) -> list[str]:
    names = known.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    addresses = [str(address) for address in names.get_values_for_type(x509.IPAddress)]
    return sorted([*names.get_values_for_type(x509.DNSName), *addresses])


def _fingerprint(known: x509.Certificate) -> str:
    return known.fingerprint(hashes.SHA256()).hex(":").upper()
