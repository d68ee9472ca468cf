"""One Postgres per test run, one database per worker, a home of the run's own.

- The cluster starts with the first test that needs rows (about a second), fsync off. With
  `-n 2` the workers share it. `YESAND_TEST_PG=15` runs on Debian's Postgres 15.
- Migrations run once into a template; each worker gets a copy of it. What they made is kept
  between runs as SQL in .setup/, under a name made from every migration's bytes.
- Tests roll back. Tests of several processes take `fresh_database`: a copy of the template that
  everybody may commit to.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import django
import pytest

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")
REPOSITORY = Path(__file__).resolve().parents[1]
FOLDERS = ("unit", "db", "flows", "browser", "docs", "golden")
TEMPLATE = "yesand_template"


def _run_folder() -> Path:
    """A short folder that the database's account can reach; shared by the workers of one run."""
    if not WORKER:
        made = Path(tempfile.mkdtemp(prefix="yesand-test-", dir="/tmp"))
        made.chmod(0o755)
        os.environ["YESAND_TEST_RUN"] = str(made)
    return Path(os.environ["YESAND_TEST_RUN"])


RUN = _run_folder()
# Before Django reads its settings: nothing of the developer's own deployment is touched.
for _name in [name for name in os.environ if name.startswith("YESAND_")]:
    if _name not in {"YESAND_TEST_RUN", "YESAND_TEST_PG", "YESAND_PRIVATE_DATA"}:
        del os.environ[_name]
# Workers share the cores; threads of one matrix product that wait for each other only cost time.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ["YESAND_HOME"] = str(RUN / (WORKER or "home"))
os.environ["DJANGO_SETTINGS_MODULE"] = "yesand.infra.settings"
django.setup()


class Run:
    """The cluster of this run. Only the process that began the run starts and stops it."""

    def __init__(self) -> None:
        self.cluster: object | None = None

    @property
    def note(self) -> Path:
        return RUN / "cluster.json"

    def start(self) -> None:
        if self.note.exists():
            return
        from yesand.infra.cluster import Cluster

        major = os.environ.get("YESAND_TEST_PG", "")
        place = Path(f"/usr/lib/postgresql/{major}/bin") if major and major != "18" else None
        cluster = Cluster(
            RUN / "pg",
            os.urandom(32),
            bin=place,
            durable=False,
            # Its vacuum runs as somebody whom DROP DATABASE may not send away; no test lives so long
            # that it needs one.
            options={"max_connections": "60", "shared_buffers": "64MB", "autovacuum": "off"},
        )
        cluster.start(wait=60)
        self.cluster = cluster
        atexit.register(cluster.stop)
        self.note.write_text(
            json.dumps(
                {
                    "url": cluster.address("postgres").url,
                    "major": cluster.major,
                    "bin": str(cluster.bin),
                }
            )
        )

    def stop(self) -> None:
        if self.cluster is not None:
            self.cluster.stop()  # type: ignore[attr-defined]
        if not WORKER:
            shutil.rmtree(RUN, ignore_errors=True)

    @property
    def known(self) -> dict[str, object]:
        return json.loads(self.note.read_text())


RUN_STATE = Run()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: object) -> None:
    """Called in the first process before each worker starts: they cannot start it themselves."""
    RUN_STATE.start()


def pytest_unconfigure() -> None:
    RUN_STATE.stop()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test's category is its folder."""
    here = Path(__file__).parent
    for item in items:
        with contextlib.suppress(ValueError):
            folder = item.path.relative_to(here).parts[0]
            if folder in FOLDERS and folder not in {"unit", "golden"}:
                item.add_marker(getattr(pytest.mark, folder))


def pytest_report_header() -> str:
    return f"yesand: postgres {os.environ.get('YESAND_TEST_PG', '18')}, run in {RUN}"


# --- rows -----------------------------------------------------------------------------------


@contextlib.contextmanager
def _one_at_a_time() -> Iterator[None]:
    with open(RUN / "template.lock", "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _admin(statement: str) -> None:
    import psycopg

    with psycopg.connect(str(RUN_STATE.known["url"]), autocommit=True) as connection:
        connection.execute(statement)


def _point_django_at(name: str) -> None:
    from django.db import connections

    from yesand.infra.database import parse

    where = parse(str(RUN_STATE.known["url"]))
    connections["default"].close()
    connections["default"].settings_dict.update(
        NAME=name, HOST=where.host, PORT=str(where.port), USER=where.role, PASSWORD=where.word
    )


def _make_template() -> None:
    """Migrate once per run, under a lock; the first worker that needs rows does it."""
    with _one_at_a_time():
        if (RUN / "template.done").exists():
            return
        from django.core.management import call_command
        from django.db import connections

        _admin(f'CREATE DATABASE "{TEMPLATE}"')
        kept = REPOSITORY / ".setup" / f"template-{_migrations_digest()}.sql"
        if kept.exists():
            _client(
                "psql", "--quiet", "--no-psqlrc", "-v", "ON_ERROR_STOP=1", "-1", "-f", str(kept)
            )
        else:
            _point_django_at(TEMPLATE)
            call_command("migrate", verbosity=0, interactive=False)
            connections["default"].close()
            kept.parent.mkdir(exist_ok=True)
            draft = kept.with_suffix(f".{os.getpid()}")
            _client("pg_dump", "--no-owner", "--file", str(draft))
            draft.replace(kept)
        (RUN / "template.done").touch()


def _migrations_digest() -> str:
    """Changes with every migration of ours and every version of a library."""
    hashed = hashlib.sha256(str(RUN_STATE.known["major"]).encode())
    for path in sorted(REPOSITORY.glob("src/yesand/*/migrations/*.py")):
        hashed.update(path.name.encode() + path.read_bytes())
    for path in sorted(Path(django.__file__).parents[1].glob("*.dist-info")):
        hashed.update(path.name.encode())
    return hashed.hexdigest()[:16]


def _client(tool: str, *words: str) -> None:
    known = RUN_STATE.known
    subprocess.run(
        [f"{known['bin']}/{tool}", "--dbname", _named(TEMPLATE), *words],
        check=True,
        capture_output=True,
        text=True,
    )


def _named(name: str) -> str:
    from dataclasses import replace

    from yesand.infra.database import parse

    return replace(parse(str(RUN_STATE.known["url"])), name=name).url


@pytest.fixture(scope="session")
def cluster_url() -> str:
    """The run's Postgres (database `postgres`), started if need be."""
    RUN_STATE.start()
    return str(RUN_STATE.known["url"])


@pytest.fixture(scope="session")
def template_database(django_test_environment: None, django_db_blocker, cluster_url: str) -> str:
    with django_db_blocker.unblock():
        _make_template()
    return TEMPLATE


@pytest.fixture(scope="session")
def django_db_setup(template_database: str, django_db_blocker) -> Iterator[None]:
    """pytest-django's database: a copy of the template for this worker."""
    from django.db import connections

    name = f"test_{WORKER or 'main'}"
    _admin(f'CREATE DATABASE "{name}" TEMPLATE "{template_database}" STRATEGY FILE_COPY')
    with django_db_blocker.unblock():
        _point_django_at(name)
    yield
    with django_db_blocker.unblock():
        connections.close_all()


@pytest.fixture
def fresh_database(template_database: str) -> Iterator[Callable[[], str]]:
    """Makes databases that several processes may commit to: each call returns a URL.

    Give it to a child process as YESAND_DATABASE_URL. Dropped after the test.
    """
    made: list[str] = []

    def make() -> str:
        name = f"fresh_{os.getpid()}_{os.urandom(4).hex()}"
        _admin(f'CREATE DATABASE "{name}" TEMPLATE "{template_database}" STRATEGY FILE_COPY')
        made.append(name)
        return _named(name)

    yield make
    for name in made:
        _admin(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@pytest.fixture
def committed_database(
    request: pytest.FixtureRequest,
    fresh_database: Callable[[], str],
    django_db_blocker,
    django_db_setup: None,
) -> Iterator[str]:
    """Django of this process on a fresh database, without a transaction around the test."""
    if request.node.get_closest_marker("django_db"):
        raise pytest.UsageError("committed_database takes the place of the django_db mark")
    from django.db import connections

    from yesand.infra.database import parse

    before = connections["default"].settings_dict["NAME"]
    url = fresh_database()
    with django_db_blocker.unblock():
        _point_django_at(parse(url).name)
        yield url
        connections.close_all()
        _point_django_at(before)


@pytest.fixture
def home(tmp_path: Path, settings) -> Path:
    """A home of the test's own, also in Django's settings."""
    settings.HOME = tmp_path
    settings.OBJECTS_URL = (tmp_path / "objects").as_uri()
    settings.KEYS, settings.KEY_RING = tmp_path / "keys", tmp_path / "keys" / "ring"
    return tmp_path


@pytest.fixture(scope="session")
def repository() -> Path:
    return REPOSITORY


@pytest.fixture(scope="session")
def private_data() -> Path:
    """Real recordings, where this machine has them; the skip says what is missing."""
    named = os.environ.get("YESAND_PRIVATE_DATA", "")
    place = Path(named) if named else REPOSITORY.parent / "shared" / "data"
    if not place.is_dir():
        pytest.skip(f"no private recordings at {place}; set YESAND_PRIVATE_DATA")
    return place
