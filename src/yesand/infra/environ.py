"""The few settings of a deployment, typed, read from the environment once.

Knows no Django, so that the door, the command line and the supervisor read the same values as
the pages. Every variable is a row of `VARIABLES`; docs/dev/settings.md lists them and a test
holds the two together.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit

from yesand.kit.errors import refuse

VARIABLES: dict[str, str] = {
    "YESAND_HOME": "Folder of everything this deployment keeps. Default: ./var",
    "YESAND_HOST": "Address the web and the door listen on. Default: 127.0.0.1",
    "YESAND_PORT": "Port of the pages. Default: 8000",
    "YESAND_DOOR_PORT": "Port of the upload door. Default: YESAND_PORT + 1",
    "YESAND_BASE_URL": "How a browser reaches the pages. Default: http://127.0.0.1:YESAND_PORT",
    "YESAND_DOOR_URL": "How a browser reaches this node's door. "
    "Default: http://127.0.0.1:YESAND_DOOR_PORT",
    "YESAND_HOSTS": "More host names the pages answer to, with commas. Default: none",
    "YESAND_BEHIND_PROXY": "1 where a proxy in front speaks HTTPS and sets X-Forwarded-Proto. "
    "Default: 0",
    "YESAND_DATABASE_URL": "postgres://... of a Postgres 15 or later. "
    "Default: the embedded cluster",
    "YESAND_PG_FOLDER": "Folder of the embedded cluster. Default: YESAND_HOME/pg",
    "YESAND_PG_ACCOUNT": "Account that runs the embedded cluster when started as root. "
    "Default: nobody",
    "YESAND_OBJECTS_URL": "file:///folder or s3://bucket/prefix of the object store. "
    "Default: YESAND_HOME/objects",
    "YESAND_KEYS": "Folder of the recordings' keys, wrapped; shared by all machines, in no backup "
    "of rows and objects. Default: YESAND_HOME/keys",
    "YESAND_KEY_RING": "Folder of the key-encryption keys, best on another volume. "
    "Default: YESAND_KEYS/ring",
    "YESAND_SPOOL_NODE": "Name of this machine's spool. Default: local",
    "YESAND_SMTP_URL": "smtp://name:word@host:587 or smtps://... Default: mail becomes files",
    "YESAND_MAIL_FROM": "Sender of mails. Default: YesAnd <yesand@localhost>",
    "YESAND_TLS_CERT": "Certificate file for HTTPS without a proxy. Default: none",
    "YESAND_TLS_KEY": "Key file of YESAND_TLS_CERT. Default: none",
    "YESAND_DEBUG": "1 shows tracebacks in the browser; refused off loopback. Default: 0",
    "YESAND_DEV_PAGES": "1 shows sent mails at /dev/mail; refused off loopback unless mail is "
    "files. Default: 1 on loopback without SMTP, else 0",
    "YESAND_ICE_URLS": "stun:, turn: and turns: addresses for the call, with commas. With a turn: "
    "address players meet only through it. Default: none, direct calls",
    "YESAND_TURN_SECRET": "Shared secret of the relay (coturn's static-auth-secret). Default: none",
    "YESAND_MIN_FREE_GB": "New takes are refused below this much free spool. Default: 2",
}
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True)
class Settings:
    """One deployment's settings; each field is explained by `VARIABLES`."""

    home: Path
    host: str
    port: int
    door_port: int
    base_url: str
    door_url: str
    hosts: tuple[str, ...]
    behind_proxy: bool
    database_url: str
    pg_folder: Path
    pg_account: str
    objects_url: str
    keys: Path
    key_ring: Path
    spool_node: str
    smtp_url: str
    mail_from: str
    tls_cert: str
    tls_key: str
    debug: bool
    dev_pages: bool
    ice_urls: tuple[str, ...]
    turn_secret: str
    min_free_bytes: int

    @property
    def loopback(self) -> bool:
        """True where only this machine's own browsers can reach the pages."""
        return self.host in LOOPBACK and urlsplit(self.base_url).hostname in LOOPBACK

    @property
    def https(self) -> bool:
        return self.base_url.startswith("https://")

    @property
    def spool(self) -> Path:
        return self.home / "spool"

    @property
    def mail(self) -> Path:
        return self.home / "mail"

    @property
    def logs(self) -> Path:
        return self.home / "logs"


def _whole(env: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    text = env.get(name, "").strip()
    if not text:
        return default
    if not text.isdigit() or not low <= int(text) <= high:
        raise refuse("bad_setting", f"Say a whole number from {low} to {high}, not {text!r}.", name)
    return int(text)


def _yes(env: Mapping[str, str], name: str, default: bool) -> bool:
    text = env.get(name, "").strip().lower()
    if not text:
        return default
    if text not in {"0", "1", "yes", "no", "true", "false"}:
        raise refuse("bad_setting", f"Say 0 or 1, not {text!r}.", name)
    return text in {"1", "yes", "true"}


def _base(env: Mapping[str, str], name: str, default: str) -> str:
    text = env.get(name, "").strip().rstrip("/") or default
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path:
        raise refuse("bad_setting", f"Say http(s)://host:port without a path, not {text!r}.", name)
    return text


def _ice(env: Mapping[str, str]) -> tuple[str, ...]:
    urls = tuple(u.strip() for u in env.get("YESAND_ICE_URLS", "").split(",") if u.strip())
    for url in urls:
        if url.partition(":")[0] not in {"stun", "stuns", "turn", "turns"}:
            says = f"Say stun:host:port or turn:host:port, not {url!r}."
            raise refuse("bad_setting", says, "YESAND_ICE_URLS")
    if any(u.startswith("turn") for u in urls) and not env.get("YESAND_TURN_SECRET"):
        raise refuse("bad_setting", "A relay needs its secret.", "YESAND_TURN_SECRET")
    return urls


def read(env: Mapping[str, str]) -> Settings:
    """The settings that `env` asks for. Raises Refused naming the variable and the fix."""
    home = Path(env.get("YESAND_HOME") or "var").expanduser().absolute()
    port = _whole(env, "YESAND_PORT", 8000, 1, 65534)
    door_port = _whole(env, "YESAND_DOOR_PORT", port + 1, 1, 65535)
    if port == door_port:
        raise refuse("bad_setting", "The door needs a port of its own.", "YESAND_DOOR_PORT")
    cert, key = env.get("YESAND_TLS_CERT", ""), env.get("YESAND_TLS_KEY", "")
    if bool(cert) != bool(key):
        raise refuse(
            "bad_setting", "Set both YESAND_TLS_CERT and YESAND_TLS_KEY.", "YESAND_TLS_KEY"
        )
    scheme = "https" if cert else "http"
    smtp = env.get("YESAND_SMTP_URL", "")
    if smtp and urlsplit(smtp).scheme not in {"smtp", "smtps"}:
        raise refuse("bad_setting", "Say smtp://host:port or smtps://host:port.", "YESAND_SMTP_URL")
    host = env.get("YESAND_HOST") or "127.0.0.1"
    base_url = _base(env, "YESAND_BASE_URL", f"{scheme}://127.0.0.1:{port}")
    loopback = host in LOOPBACK and urlsplit(base_url).hostname in LOOPBACK
    if base_url.startswith("http:") and urlsplit(base_url).hostname not in LOOPBACK:
        says = "Say https://: browsers give no microphone to plain pages of other machines."
        raise refuse("bad_setting", says, "YESAND_BASE_URL")
    debug = _yes(env, "YESAND_DEBUG", False)
    if debug and not loopback:
        raise refuse("bad_setting", "Debug pages are for loopback only.", "YESAND_DEBUG")
    dev_pages = _yes(env, "YESAND_DEV_PAGES", loopback and not smtp)
    if dev_pages and smtp:
        raise refuse(
            "bad_setting", "Mails leave by SMTP, so they have no page.", "YESAND_DEV_PAGES"
        )
    node = env.get("YESAND_SPOOL_NODE") or "local"
    if not node.replace("-", "").isalnum():
        raise refuse("bad_setting", "Use letters, digits and hyphens.", "YESAND_SPOOL_NODE")
    folder = env.get("YESAND_PG_FOLDER")
    keys = Path(env.get("YESAND_KEYS") or home / "keys").expanduser().absolute()
    return Settings(
        home=home,
        host=host,
        port=port,
        door_port=door_port,
        base_url=base_url,
        door_url=_base(env, "YESAND_DOOR_URL", f"{scheme}://127.0.0.1:{door_port}"),
        hosts=tuple(h.strip() for h in env.get("YESAND_HOSTS", "").split(",") if h.strip()),
        behind_proxy=_yes(env, "YESAND_BEHIND_PROXY", False),
        database_url=env.get("YESAND_DATABASE_URL", ""),
        pg_folder=Path(folder).expanduser().absolute() if folder else home / "pg",
        pg_account=env.get("YESAND_PG_ACCOUNT") or "nobody",
        objects_url=env.get("YESAND_OBJECTS_URL") or (home / "objects").as_uri(),
        keys=keys,
        key_ring=Path(env.get("YESAND_KEY_RING") or keys / "ring").expanduser().absolute(),
        spool_node=node,
        smtp_url=smtp,
        mail_from=env.get("YESAND_MAIL_FROM") or "YesAnd <yesand@localhost>",
        tls_cert=cert,
        tls_key=key,
        debug=debug,
        dev_pages=dev_pages,
        ice_urls=_ice(env),
        turn_secret=env.get("YESAND_TURN_SECRET", ""),
        min_free_bytes=_whole(env, "YESAND_MIN_FREE_GB", 2, 0, 1_000_000) * 2**30,
    )


@lru_cache(maxsize=1)
def current() -> Settings:
    """The settings of this process, read once."""
    return read(os.environ)
