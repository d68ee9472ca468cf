"""The embedded Postgres: the binaries of a wheel, run by our own code.

`Cluster(folder, word).start()` makes the cluster where it is missing, waits for crash recovery,
upgrades after a dump, and returns the address to connect to; `stop()` ends it. Only one process
runs a cluster (a lock tells); workers and commands only connect. Whether a server lives is found
out by connecting, never by a number in a file. As root the server runs under another account, in
a folder made for it; folders that were there before are never changed.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import logging
import os
import secrets as entropy
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import psycopg
from psycopg import sql

from yesand.infra import binaries as engines
from yesand.infra import cluster_places as places
from yesand.infra.child import as_account, spawn
from yesand.infra.cluster_places import CLEAN_ENV, Died
from yesand.infra.database import ENDPOINT, NAME, ROLE, Address
from yesand.kit.errors import refuse

KEEPER = "keeper"  # the superuser that initdb makes; the product connects as ROLE
PORT = 5432  # only part of the socket's name; nothing listens on a network
STOPPING = ((signal.SIGINT, 30), (signal.SIGQUIT, 10), (signal.SIGKILL, 10))  # then seconds
ROOTS_OWN = Path("/var/lib/yesand")  # for root, where the home is closed to other accounts
log = logging.getLogger("yesand.cluster")


class Cluster:
    """One Postgres cluster in `folder`.

    word: the 32 secret bytes that open it (secrets/postgres), used by scram.
    bin: a folder of Postgres binaries, 15 or later; default: the wheel's 18.
    account: who runs the server when we are root.
    durable: False turns fsync off, for tests.
    options: more server settings, name to value.
    """

    def __init__(
        self,
        folder: Path,
        word: bytes,
        *,
        bin: Path | None = None,
        account: str = "nobody",
        durable: bool = True,
        options: dict[str, str] | None = None,
    ) -> None:
        self.folder = Path(folder).absolute()
        self.word = word.hex()
        self.bin = engines.wheel(18) if bin is None else Path(bin)
        self.account = places.server_account(account) if os.geteuid() == 0 else None
        self.durable = durable
        self.options = dict(options or {})
        self.process: subprocess.Popen[bytes] | None = None
        self.base = self.folder
        self.major = 0
        self._lock: int | None = None

    @property
    def data(self) -> Path:
        return self.base / "data"

    # --- start and stop -----------------------------------------------------------------

    def start(self, wait: float = 3600.0) -> Address:
        """Run the server and return where our own database is.

        Waits up to `wait` seconds for crash recovery. Raises Refused where another process runs
        this cluster or where it cannot run here, Died where the server ends by itself.
        """
        places.make_folder(self.folder)
        self._take_lock()
        try:
            self.base = self._place()
            self.bin = engines.runnable(self.bin, self.base, self.account)
            self.major = engines.major(self.bin, self.account)
            if not (self.data / "PG_VERSION").exists():
                self._create()
            elif int((self.data / "PG_VERSION").read_text()) != self.major:
                self._upgrade(wait)
            self._serve(self.bin, wait)
            self._prepare()
        except BaseException:
            self.stop()
            raise
        where = self.address()
        places.write_whole(
            self.folder / ENDPOINT, json.dumps({"socket": where.host, "port": where.port})
        )
        return where

    def stop(self) -> None:
        """End the server (open transactions are rolled back) and give the lock back."""
        process, self.process = self.process, None
        if process is not None:
            for number, seconds in STOPPING:
                with contextlib.suppress(ProcessLookupError):
                    process.send_signal(number)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(seconds)
                    break
            shutil.rmtree(self._socket(), ignore_errors=True)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def running(self) -> bool:
        """True while our own child serves."""
        return self.process is not None and self.process.poll() is None

    def address(self, name: str = NAME, role: str = ROLE) -> Address:
        return Address(str(self._socket()), PORT, name, role, self.word)

    def keeper(self, name: str = "postgres") -> Address:
        """The superuser's address, for roles and databases."""
        return self.address(name, KEEPER)

    def tool(self, name: str) -> Path:
        """A client program of the same version, such as pg_dump."""
        return self.bin / name

    # --- where --------------------------------------------------------------------------

    def _take_lock(self) -> None:
        if self._lock is not None:
            return
        handle = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            says = "Another process runs this cluster; stop it first."
            raise refuse("cluster_taken", says, str(self.folder)) from None
        self._lock = handle

    def _place(self) -> Path:
        """The folder the server's account can reach: ours, or one made below ROOTS_OWN."""
        note = self.folder / "elsewhere.json"
        if note.exists():
            return Path(json.loads(note.read_text("utf-8"))["folder"])
        if self.account is None or engines.reaches(self.folder, self.account):
            return self.folder
        places.make_folder(ROOTS_OWN)
        if not engines.reaches(ROOTS_OWN, self.account):
            says = f"{self.account.name} cannot reach it; choose another YESAND_PG_FOLDER."
            raise refuse("cluster_closed", says, str(self.folder))
        place = ROOTS_OWN / f"pg-{entropy.token_hex(6)}"
        place.mkdir(mode=0o711)
        place.chmod(0o711)
        places.write_whole(place / "home.txt", str(self.folder))
        places.write_whole(note, json.dumps({"folder": str(place)}))
        log.info("the home is closed to %s; the rows lie in %s", self.account.name, place)
        return place

    def _socket(self) -> Path:
        """The recorded folder of the socket; made by `_make_socket`."""
        note = self.base / "socket.txt"
        return Path(note.read_text("utf-8")) if note.exists() else self.base / "socket"

    def _make_socket(self) -> None:
        """A 0700 folder with a short path, the same one again after a crash."""
        note = self.base / "socket.txt"
        owner = self.account.uid if self.account else os.geteuid()
        if note.exists():
            known = Path(note.read_text("utf-8"))
            with contextlib.suppress(FileNotFoundError):
                seen = known.lstat()
                # Somebody else's folder or a link in its place is left alone.
                if seen.st_mode & 0o170777 == 0o040700 and seen.st_uid == owner:
                    shutil.rmtree(known)
            with contextlib.suppress(OSError):
                known.mkdir(mode=0o700)
                self._own(known)
                return
        made = Path(tempfile.mkdtemp(prefix="yesand-", dir=places.short_folder(self.account)))
        self._own(made)
        places.write_whole(note, str(made))

    def _own(self, path: Path) -> None:
        if self.account is not None:
            os.chown(path, self.account.uid, self.account.gid)

    # --- the server ---------------------------------------------------------------------

    def _create(self) -> None:
        """initdb beside the final place and rename: a killed initdb leaves no half cluster."""
        draft = self.base / "data.new"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        self._own(draft)
        words = [self.bin / "initdb", "--pgdata", draft, "--username", KEEPER]
        words += ["--auth=scram-sha-256", "--encoding=UTF8", "--data-checksums"]
        if self.major >= 17:
            words += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        else:
            words += ["--locale=C", "--lc-ctype=C.UTF-8"]
        if self.major >= 16:
            # The word is 32 random bytes: stretching it would only slow every connection.
            words += ["--set=scram_iterations=1", "--set=createrole_self_grant=set,inherit"]
        if not self.durable:
            words.append("--no-sync")
        with tempfile.TemporaryDirectory(
            prefix="yesand-", dir=places.short_folder(self.account)
        ) as name:
            self._own(Path(name))
            handle = os.open(Path(name) / "word", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            os.write(handle, self.word.encode())
            os.close(handle)
            self._own(Path(name) / "word")
            done = subprocess.run(
                [*map(str, words), f"--pwfile={name}/word"],
                env=CLEAN_ENV,
                cwd="/",
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
                **as_account(self.account),
            )
        if done.returncode:
            raise Died(f"initdb ended with {done.returncode}: {done.stderr.strip()[-800:]}")
        draft.rename(self.data)

    def _serve(self, bin: Path, wait: float) -> None:
        self._end_leftover(wait)
        self._make_socket()
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self._socket()),
            "unix_socket_permissions": "0700",
            "port": str(PORT),
            "timezone": "UTC",
            "log_timezone": "UTC",
            # Below FATAL only the server's own notes: errors of statements quote rows.
            "log_min_messages": "log",
            "log_min_error_statement": "panic",
            "log_error_verbosity": "terse",
        }
        if not self.durable:
            settings |= {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
        words: list[str | Path] = [bin / "postgres", "-D", self.data]
        for name, value in {**settings, **self.options}.items():
            words += ["-c", f"{name}={value}"]
        with self._log_file() as end:
            self.process = spawn(
                words,
                account=self.account,
                on_death=signal.SIGINT,
                env=CLEAN_ENV,
                cwd=Path("/"),
                stdout=end,
                stderr=end,
            )
        self._await(wait)

    @contextlib.contextmanager
    def _log_file(self) -> Iterator[IO[bytes]]:
        path = self.base / "postgres.log"
        if path.exists() and path.stat().st_size > 4 * 2**20:
            path.replace(path.with_suffix(".log.1"))
        with open(path, "ab", opener=places.private) as file:
            yield file

    def _await(self, wait: float) -> None:
        """Until it accepts. A server that recovers after a crash says so and is waited for."""
        deadline, told = time.monotonic() + wait, time.monotonic()
        while not self._accepts(self.keeper()):
            assert self.process is not None
            if self.process.poll() is not None:
                tail = (self.base / "postgres.log").read_text("utf-8", "replace")[-800:]
                raise Died(f"postgres ended with {self.process.returncode}: {tail.strip()}")
            if time.monotonic() > deadline:
                raise Died(f"postgres did not accept within {wait:.0f} s")
            if time.monotonic() - told > 10:
                told = time.monotonic()
                log.warning("waiting for the database to recover")
            time.sleep(0.02)

    def _accepts(self, where: Address) -> bool:
        """True where it answers, False where nobody does or it is not ready yet."""
        try:
            psycopg.connect(**where.keywords(), connect_timeout=5).close()
        except psycopg.OperationalError as error:
            # libpq gives the first connection's errors no SQLSTATE, only words.
            if "password authentication failed" in str(error):
                says = "It does not open this cluster; put the right file back."
                raise refuse("secret_wrong", says, "secrets/postgres") from None
            return False
        return True

    def _end_leftover(self, wait: float) -> None:
        """Stop a server of an earlier life that still serves this folder; forget a dead one.

        Ours is the lock, so nobody else is starting it. A pid in a file is believed only when a
        server that names this folder answers at its socket.
        """
        pidfile = self.data / "postmaster.pid"
        if not pidfile.exists():
            return
        deadline = time.monotonic() + min(wait, 120)
        told = False
        while pidfile.exists():
            lines = pidfile.read_text("utf-8", "replace").splitlines()
            pid = int(lines[0]) if lines and lines[0].strip().isdigit() else 0
            if not places.serves(pid, self.data):
                pidfile.unlink(missing_ok=True)
                return
            if self._accepts(self.keeper()) and not told:
                log.warning("ending a server left over from an earlier start")
                told = True
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGINT)
            if time.monotonic() > deadline:
                raise Died(f"an earlier server (pid {pid}) does not end")
            time.sleep(0.05)

    # --- inside -------------------------------------------------------------------------

    def _prepare(self) -> None:
        """Our own role and database, made once; the role's word is kept the same as the file's."""
        with psycopg.connect(**self.keeper().keywords(), autocommit=True) as keeper:
            if not keeper.execute("SELECT FROM pg_roles WHERE rolname = %s", [ROLE]).rowcount:
                keeper.execute(
                    sql.SQL("CREATE ROLE {} LOGIN CREATEDB CREATEROLE PASSWORD {}").format(
                        sql.Identifier(ROLE), sql.Literal(self.word)
                    )
                )
            if not keeper.execute("SELECT FROM pg_database WHERE datname = %s", [NAME]).rowcount:
                keeper.execute(
                    sql.SQL("CREATE DATABASE {} OWNER {}").format(
                        sql.Identifier(NAME), sql.Identifier(ROLE)
                    )
                )

    def _upgrade(self, wait: float) -> None:
        """Data of an earlier major: dump it with our tools, make a new cluster, load the dump.

        The old data and the dump stay beside the new ones; nothing is deleted.
        """
        old = int((self.data / "PG_VERSION").read_text())
        if old > self.major:
            says = f"Its rows are Postgres {old}'s and this is {self.major}; install the newer one."
            raise refuse("cluster_newer", says, str(self.data))
        before = engines.find(old)
        if before is None:
            says = f"No Postgres {old} is here to read it; run yesand backup with it first."
            raise refuse("cluster_older", says, str(self.data))
        log.warning("upgrading the database from Postgres %s to %s", old, self.major)
        self._serve(engines.runnable(before, self.base, self.account), wait)
        dump = self.base / f"before-{self.major}.dump"
        roles = self.base / f"before-{self.major}.roles.sql"
        self.client("pg_dump", "--format=custom", f"--file={dump}", database=NAME)
        self.client(
            "pg_dumpall",
            "--roles-only",
            "--no-role-passwords",
            f"--file={roles}",
            database="postgres",
        )
        self._end_own()
        kept = self.base / f"data-{old}-{time.strftime('%Y%m%d%H%M%S', time.gmtime())}"
        self.data.rename(kept)
        self._create()
        self._serve(self.bin, wait)
        self._prepare()
        # Roles that initdb or we made are there already; psql goes on past them.
        self.client("psql", "--quiet", "--no-psqlrc", f"--file={roles}", database="postgres")
        self.client("pg_restore", "--exit-on-error", str(dump), database=NAME)
        self._end_own()

    def _end_own(self) -> None:
        lock, self._lock = self._lock, None
        self.stop()
        self._lock = lock

    def client(self, tool: str, *words: str, database: str = NAME) -> str:
        """Run a client program as the keeper and return what it printed. Raises Died."""
        return places.run_client(self.tool(tool), self.keeper(database), *words)
