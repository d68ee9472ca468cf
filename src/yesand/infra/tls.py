"""A certificate for the local network, so that a browser gives a page its microphone.

Self-signed, for this machine's addresses, kept in HOME/secrets and made again when an address
changed or it nears its end. The browser warns once; the fingerprint is printed to compare.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import socket
import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DAYS = 397  # the longest that browsers accept
SIOCGIFADDR = 0x8915


@dataclass(frozen=True)
class Certificate:
    """Files in PEM, and the SHA-256 fingerprint as browsers show it."""

    cert: Path
    key: Path
    fingerprint: str


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


def local_certificate(home: Path, names: list[str]) -> Certificate:
    """A certificate for `names` (host names and addresses); the last one again where it fits."""
    folder = Path(home) / "secrets"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    cert_path, key_path = folder / "tls_cert.pem", folder / "tls_key.pem"
    wanted = sorted({*names, "localhost", "127.0.0.1"})
    with contextlib.suppress(FileNotFoundError, ValueError):
        known = x509.load_pem_x509_certificate(cert_path.read_bytes())
        fresh = known.not_valid_after_utc > datetime.now(UTC) + timedelta(days=7)
        if fresh and key_path.exists() and _names_of(known) == wanted:
            return Certificate(cert_path, key_path, _fingerprint(known))
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "YesAnd on this machine")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=DAYS))
        .add_extension(x509.SubjectAlternativeName([_name(n) for n in wanted]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    plain = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    _write(key_path, plain)
    _write(cert_path, made.public_bytes(serialization.Encoding.PEM))
    return Certificate(cert_path, key_path, _fingerprint(made))


def _write(path: Path, content: bytes) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
    draft.replace(path)


def _name(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(text))
    except ValueError:
        return x509.DNSName(text)


def _names_of(known: x509.Certificate) -> list[str]:
    names = known.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    addresses = [str(address) for address in names.get_values_for_type(x509.IPAddress)]
    return sorted([*names.get_values_for_type(x509.DNSName), *addresses])


def _fingerprint(known: x509.Certificate) -> str:
    return known.fingerprint(hashes.SHA256()).hex(":").upper()
