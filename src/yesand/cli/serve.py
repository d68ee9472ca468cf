"""`yesand serve`: everything of one machine in one terminal."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from yesand.cli import say
from yesand.infra import environ

if TYPE_CHECKING:
    from yesand.infra.tls import Certificate as Made


def use_https() -> Made | None:
    """Set this process up for HTTPS on the local network; returns the certificate made here.

    Addresses and a certificate that were set by hand stay as they are; then nothing is made.
    """
    # cryptography's X.509 is slow to load and only wanted here.
    from yesand.infra import tls  # noqa: PLC0415

    here = environ.current()
    addresses = [str(address) for address in tls.local_addresses()]
    host = addresses[0] if addresses else "127.0.0.1"
    os.environ.setdefault("YESAND_HOST", "0.0.0.0")
    os.environ.setdefault("YESAND_BASE_URL", f"https://{host}:{here.port}")
    base = urlsplit(os.environ["YESAND_BASE_URL"]).hostname or host
    os.environ.setdefault("YESAND_DOOR_URL", f"https://{base}:{here.door_port}")
    os.environ.setdefault("YESAND_HOSTS", ",".join(addresses))
    made = None
    if not here.tls_cert:
        urls = (os.environ["YESAND_BASE_URL"], os.environ["YESAND_DOOR_URL"])
        names = {*addresses, *here.hosts, *(urlsplit(url).hostname or "" for url in urls)} - {""}
        made = tls.local_certificate(here.home, sorted(names))
        os.environ["YESAND_TLS_CERT"], os.environ["YESAND_TLS_KEY"] = str(made.cert), str(made.key)
    environ.current.cache_clear()
    return made


def print_qr(url: str) -> None:
    """The address as a picture of characters, for a phone's or a second laptop's camera."""
    import segno  # noqa: PLC0415  (only for HTTPS on the local network)

    segno.make(url, error="l").terminal(out=sys.stdout, compact=True)
    sys.stdout.flush()


def say_trust(made: Made | None, base_url: str) -> None:
    """What a browser asks about a certificate that was made here, and how it asks no more."""
    if made is None:
        return
    say.line("The browser warns once. The certificate's fingerprint (SHA-256):")
    say.line(f"  {made.fingerprint}")
    say.line(f"To be warned no more, trust {base_url}/local-authority, fingerprint:")
    say.line(f"  {made.ca_fingerprint}")


def serve(
    https: Annotated[
        bool, typer.Option("--https", help="Serve the local network with a certificate made here.")
    ] = False,
    log: Annotated[bool, typer.Option("--log", help="Show the log in this terminal too.")] = False,
) -> None:
    """Run database, door, pages and workers until Ctrl-C; everything is kept in YESAND_HOME.

    Example: YESAND_HOME=/srv/yesand yesand serve --https
    """
    made = use_https() if https else None
    # After the environment is settled.
    from yesand.infra import supervisor  # noqa: PLC0415

    here = environ.current()

    async def ready(_: environ.Settings) -> None:
        say.line(f"YesAnd is open at {here.base_url}")
        if https:
            print_qr(here.base_url)
            say_trust(made, here.base_url)
        if here.dev_pages:
            say.line(f"Sent mails: {here.base_url}/dev/mail")
        say.line(f"Log: {here.logs / 'yesand.log'}. Ctrl-C stops everything.")

    raise typer.Exit(supervisor.serve(here, on_ready=ready, log_to_terminal=log))
