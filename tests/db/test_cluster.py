"""The embedded Postgres: every trap that was found by trying is a test here."""

import contextlib
import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg
import pytest

from yesand.infra import binaries, cluster
from yesand.infra.child import Account, as_account
from yesand.infra.cluster import Cluster, Died
from yesand.kit.errors import Refused

WORD = b"w" * 32
ROOT = os.geteuid() == 0
as_root = pytest.mark.skipif(not ROOT, reason="only root runs the server under another account")


@pytest.fixture
def place():
    """An open short folder, unlike pytest's own, which is closed to other accounts."""
    made = Path(tempfile.mkdtemp(prefix="yesand-test-", dir="/tmp"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


@pytest.fixture
def make(place):
    """Clusters that are stopped after the test, whatever happened."""
    made: list[Cluster] = []

    def begin(folder: Path | None = None, **words) -> Cluster:
        words = {"durable": False, **words}
        made.append(Cluster(folder or place / "pg", WORD, **words))
        return made[-1]

    yield begin
    for one in made:
        one.stop()


def ask(where, question: str):
    with psycopg.connect(**where.keywords()) as connection:
        return connection.execute(question).fetchone()


def pid_of(one: Cluster) -> int:
    return int((one.data / "postmaster.pid").read_text().splitlines()[0])


def gone(pid: int, seconds: float = 20.0) -> None:
    """Wait until the process ended; a zombie has ended."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return
        except FileNotFoundError:
            return
        time.sleep(0.01)
    raise AssertionError(f"process {pid} still lives")


# --- starting -------------------------------------------------------------------------------


def test_it_starts_stops_and_keeps_the_rows(make):
    one = make()
    where = one.start()
    assert ask(where, "SELECT current_user, current_database()") == ("yesand", "yesand")
    with psycopg.connect(**where.keywords()) as connection:
        connection.execute("CREATE TABLE kept (n int)")
        connection.execute("INSERT INTO kept VALUES (7)")
    process = one.process
    one.stop()
    assert process is not None and process.returncode == 0
    began = time.monotonic()
    assert ask(one.start(), "SELECT n FROM kept") == (7,)
    assert time.monotonic() - began < 10


def test_sorting_checks_and_names_do_not_depend_on_the_shell(make, monkeypatch):
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    monkeypatch.setenv("PGDATA", "/nowhere")
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    where = make().start()
    assert ask(where, "SHOW data_checksums") == ("on",)
    assert ask(where, "SHOW timezone") == ("UTC",)
    assert ask(where, "SHOW listen_addresses") == ("",)
    row = ask(
        where,
        "SELECT datlocprovider::text, pg_encoding_to_char(encoding) FROM pg_database"
        " WHERE datname = current_database()",
    )
    assert row == ("b", "UTF8")
    in_order = ask(
        where, "SELECT string_agg(w, '' ORDER BY w) FROM (VALUES ('a'),('B'),('ä')) v(w)"
    )
    assert in_order == ("Baä",)


@pytest.mark.parametrize("name", ["with space", "comma, and 'quote'", "ünï", "l" * 120])
def test_awkward_paths_work_and_the_socket_stays_short(make, place, name):
    one = make(place / name / "pg")
    where = one.start()
    assert ask(where, "SELECT 1") == (1,)
    assert len(f"{where.host}/.s.PGSQL.{where.port}") < 100


def test_a_killed_initdb_leaves_nothing_that_looks_finished(make, place):
    (place / "pg" / "data.new").mkdir(parents=True)
    (place / "pg" / "data.new" / "PG_VERSION").write_text("18\n")
    assert ask(make().start(), "SELECT 1") == (1,)


# --- who gets in ----------------------------------------------------------------------------


def test_nobody_gets_in_without_the_word(make):
    one = make()
    where = one.start()
    for role in ("keeper", "yesand", "postgres"):
        words = {**where.keywords(), "user": role, "password": "wrong"}
        with pytest.raises(psycopg.OperationalError, match="authentication failed"):
            psycopg.connect(**words)
    rules = (one.data / "pg_hba.conf").read_text().splitlines()
    methods = {line.split()[-1] for line in rules if line.strip() and line[0] != "#"}
    assert methods == {"scram-sha-256"}
    assert os.stat(where.host).st_mode & 0o777 == 0o700
    assert one.data.stat().st_mode & 0o077 == 0
    row = ask(where, "SELECT rolsuper, rolcreatedb FROM pg_roles WHERE rolname = current_user")
    assert row == (False, True), "the product is no superuser"


@as_root
def test_another_account_cannot_reach_the_socket(make):
    where = make().start()
    done = subprocess.run(
        [binaries.wheel(18) / "psql", "-h", where.host, "-U", "yesand", "-c", "SELECT 1"],
        env={"PGPASSWORD": where.word},
        capture_output=True,
        text=True,
        check=False,
        **as_account(Account.named("daemon")),
    )
    assert done.returncode == 2 and "Permission denied" in done.stderr


def test_one_folder_is_run_once_also_within_one_process(make):
    make().start()
    with pytest.raises(Refused, match="Another process runs this cluster"):
        make().start()


def test_a_lost_secret_is_said_in_one_line(make, place):
    one = make()
    one.start()
    one.stop()
    other = Cluster(place / "pg", b"o" * 32, durable=False)
    with pytest.raises(Refused) as caught:
        other.start()
    assert caught.value.code == "secret_wrong"
    assert not other.running()
    assert ask(one.start(), "SELECT 1") == (1,)


def test_somebody_elses_folder_in_the_sockets_place_is_left_alone(make, place):
    one = make()
    socket = Path(one.start().host)
    one.stop()
    assert not socket.exists()
    trap = place / "trap"
    trap.mkdir()
    (trap / "precious").write_text("keep")
    socket.symlink_to(trap)
    try:
        where = one.start()
        assert where.host != str(socket)
        assert (trap / "precious").read_text() == "keep"
    finally:
        socket.unlink()


# --- dying ----------------------------------------------------------------------------------

RUN_ONE = """
import sys, time, pathlib
from yesand.infra.cluster import Cluster
one = Cluster(pathlib.Path(sys.argv[1]), b"w" * 32, durable=False)
where = one.start()
print(where.url, flush=True)
time.sleep(600)
"""


def run_one(folder: Path) -> tuple[subprocess.Popen[str], str]:
    process = subprocess.Popen(
        [sys.executable, "-c", RUN_ONE, str(folder)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    return process, process.stdout.readline().strip()


def test_killing_the_parent_leaves_no_orphan_and_the_next_start_is_clean(make, place):
    parent, url = run_one(place / "pg")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept (n int)")
    one = make()
    server = pid_of(one)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    # At once, while the old server may still be closing its books.
    where = one.start()
    assert ask(where, "SELECT count(*) FROM kept") == (0,)
    gone(server)
    assert pid_of(one) != server


def test_two_starts_at_once_are_one_server_and_one_clear_sentence(make, place):
    parent, url = run_one(place / "pg")
    try:
        with pytest.raises(Refused) as caught:
            make().start()
        assert caught.value.code == "cluster_taken"
        with psycopg.connect(url) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    finally:
        server = pid_of(Cluster(place / "pg", WORD))
        parent.kill()
        parent.wait()
        gone(server)


def test_a_killed_server_recovers_and_is_waited_for(make):
    one = make(durable=True)
    where = one.start()
    with psycopg.connect(**where.keywords(), autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT generate_series(1, 50000) AS n")
    assert one.process is not None
    os.kill(one.process.pid, signal.SIGKILL)
    one.process.wait()
    assert not one.running()
    again = one.start()
    assert again == where, "the address stays, so that everybody reconnects"
    assert ask(again, "SELECT count(*) FROM kept") == (50000,)


def test_a_server_that_needs_long_to_recover_is_not_given_up(make, monkeypatch):
    """Recovery that takes as long as it takes: connections are refused the while."""
    one = make()
    one.start()
    one.stop()
    tries = []
    real = Cluster._accepts

    def slow(self, where):
        tries.append(1)
        return len(tries) > 40 and real(self, where)

    monkeypatch.setattr(Cluster, "_accepts", slow)
    assert one.start(wait=30)
    assert len(tries) > 40


@pytest.mark.parametrize("stranger", ["dead", "alive", "zombie"])
def test_a_stale_pid_file_is_not_believed(make, stranger):
    """After a reboot or in a new container the number belongs to nobody or to somebody else."""
    one = make()
    one.start()
    text = (one.data / "postmaster.pid").read_text()
    one.stop()
    process = subprocess.Popen(["sleep", "600" if stranger == "alive" else "0"])
    try:
        if stranger == "dead":
            process.wait()
        elif stranger == "zombie":
            gone(process.pid)
        lines = text.splitlines()
        lines[0] = str(process.pid)
        (one.data / "postmaster.pid").write_text("\n".join(lines) + "\n")
        assert ask(one.start(), "SELECT 1") == (1,)
        if stranger == "alive":
            assert process.poll() is None, "the stranger was left alone"
    finally:
        process.kill()
        process.wait()


def test_a_left_over_server_is_ended_first(make):
    """Where nothing signals orphans (macOS), the old server still serves the folder."""
    one = make()
    one.start()
    left = one.process
    one.process = None
    one.stop()  # gives the lock back, as death does
    assert left is not None and left.poll() is None
    assert ask(make().start(), "SELECT 1") == (1,)
    assert left.wait(10) == 0


def test_a_server_that_cannot_start_says_why(make):
    with pytest.raises(Died, match="no_such_setting"):
        make(options={"no_such_setting": "1"}).start()


def test_stop_ends_open_transactions(make):
    one = make()
    with contextlib.closing(psycopg.connect(**one.start().keywords())) as connection:
        connection.execute("CREATE TABLE never (n int)")
        began = time.monotonic()
        one.stop()
        assert time.monotonic() - began < 10
    where = one.start()
    assert ask(where, "SELECT to_regclass('never') IS NULL") == (True,)


# --- accounts -------------------------------------------------------------------------------


@as_root
def test_root_runs_it_as_nobody_and_changes_no_folder_that_was_there(make, place):
    closed = place / "closed"
    closed.mkdir(mode=0o700)
    before = {path: path.stat().st_mode for path in (closed, place, Path("/tmp"))}
    passwords = Path("/etc/passwd").read_bytes()
    one = make(place / "new" / "pg")
    one.start()
    assert one.process is not None
    owner = Path(f"/proc/{one.process.pid}").stat().st_uid
    assert owner == pwd.getpwnam("nobody").pw_uid
    assert {path: path.stat().st_mode for path in before} == before
    assert Path("/etc/passwd").read_bytes() == passwords


@as_root
def test_a_closed_home_gets_a_folder_of_the_servers_own(make, place, monkeypatch):
    monkeypatch.setattr(cluster, "ROOTS_OWN", place / "roots own")
    closed = place / "closed"
    closed.mkdir(mode=0o700)
    one = make(closed / "pg")
    assert ask(one.start(), "SELECT 1") == (1,)
    assert closed.stat().st_mode & 0o777 == 0o700
    elsewhere = Path(json.loads((closed / "pg" / "elsewhere.json").read_text())["folder"])
    assert elsewhere.parent == place / "roots own" and one.data.parent == elsewhere
    one.stop()
    assert ask(make(closed / "pg").start(), "SELECT 1") == (1,), "found again"


@as_root
def test_programs_below_a_closed_folder_are_copied_first(make, place):
    closed = place / "closed"
    closed.mkdir(mode=0o700)
    package = binaries.wheel(18).parents[1]
    for part in (package, package.with_name(f"{package.name}.libs")):
        shutil.copytree(part, closed / part.name, ignore=shutil.ignore_patterns("pginstall", "*.a"))
    one = make(bin=closed / binaries.wheel(18).relative_to(package.parent))
    assert ask(one.start(), "SELECT 1") == (1,)
    assert one.bin.is_relative_to(place / "pg" / "engine-18")
    assert closed.stat().st_mode & 0o777 == 0o700


@as_root
def test_an_ordinary_account_runs_its_own_after_root_did(make, place):
    make(place / "roots" / "pg").start()
    daemon = Account.named("daemon")
    mine = place / "mine"
    mine.mkdir()
    os.chown(mine, daemon.uid, daemon.gid)
    # A fork, because the interpreter itself may lie where only root can start it.
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.setgroups([])
            os.setgid(daemon.gid)
            os.setuid(daemon.uid)
            one = Cluster(mine / "pg", WORD, durable=False)
            code = 0 if ask(one.start(), "SELECT 1") == (1,) else 2
            one.stop()
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert (mine / "pg" / "data").stat().st_uid == daemon.uid


def test_root_and_nobodies_are_refused_as_accounts(place):
    if not ROOT:
        pytest.skip("only root chooses an account")
    for name in ("root", "no-such-account"):
        with pytest.raises(Refused, match="YESAND_PG_ACCOUNT"):
            Cluster(place / "pg", WORD, account=name)


# --- versions -------------------------------------------------------------------------------


def test_an_older_major_is_dumped_and_upgraded_and_nothing_is_thrown_away(make, place):
    old = make(bin=binaries.wheel(16))
    with psycopg.connect(**old.start().keywords(), autocommit=True) as connection:
        connection.execute("CREATE ROLE reader")
        connection.execute("CREATE TABLE kept (word text)")
        connection.execute("INSERT INTO kept VALUES ('yes, and')")
        connection.execute("GRANT SELECT ON kept TO reader")
    old.stop()
    new = make()
    where = new.start()
    assert new.major == 18
    assert ask(where, "SELECT word, has_table_privilege('reader', 'kept', 'SELECT') FROM kept") == (
        "yes, and",
        True,
    )
    assert ask(where, "SELECT tableowner FROM pg_tables WHERE tablename = 'kept'") == ("yesand",)
    assert (place / "pg" / "before-18.dump").stat().st_size > 0
    assert [path.name[:8] for path in (place / "pg").glob("data-*")] == ["data-16-"]


def test_a_newer_or_unreadable_major_is_refused_untouched(make):
    one = make()
    one.start()
    one.stop()
    version = one.data / "PG_VERSION"
    for number, code in (("99", "cluster_newer"), ("9", "cluster_older")):
        version.write_text(f"{number}\n")
        with pytest.raises(Refused) as caught:
            make().start()
        assert caught.value.code == code
    version.write_text("18\n")
    assert ask(make().start(), "SELECT 1") == (1,)


def test_debians_15_runs_by_the_same_code(make):
    place = binaries.find(15)
    if place is None:
        pytest.skip("no Postgres 15 on this machine")
    one = make(bin=place)
    where = one.start()
    assert one.major == 15
    assert ask(where, "SELECT string_agg(w, '' ORDER BY w) FROM (VALUES ('a'),('B')) v(w)") == (
        "Ba",
    )
