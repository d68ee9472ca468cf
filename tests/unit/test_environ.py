from pathlib import Path

import pytest

from yesand.infra import database, environ
from yesand.kit.errors import Refused


def test_nothing_set_is_a_house_on_loopback():
    here = environ.read({})
    assert here.home == Path.cwd() / "var"
    assert (here.port, here.door_port) == (8000, 8001)
    assert here.base_url == "http://127.0.0.1:8000"
    assert here.door_url == "http://127.0.0.1:8001"
    assert here.loopback and here.dev_pages and not here.debug and not here.https
    assert here.objects_url == (Path.cwd() / "var" / "objects").as_uri()
    assert here.pg_folder == here.home / "pg"


def test_ports_move_the_addresses_along():
    here = environ.read({"YESAND_PORT": "9000"})
    assert (here.base_url, here.door_url) == ("http://127.0.0.1:9000", "http://127.0.0.1:9001")
    here = environ.read({"YESAND_DOOR_PORT": "7000", "YESAND_TLS_CERT": "c", "YESAND_TLS_KEY": "k"})
    assert (here.base_url, here.door_url) == ("https://127.0.0.1:8000", "https://127.0.0.1:7000")


def test_a_real_name_closes_what_is_for_loopback_only():
    here = environ.read({"YESAND_BASE_URL": "https://scenes.example/", "YESAND_HOST": "0.0.0.0"})
    assert here.base_url == "https://scenes.example"
    assert here.https and not here.loopback and not here.dev_pages


@pytest.mark.parametrize(
    "name, value, extra",
    [
        ("YESAND_PORT", "http", {}),
        ("YESAND_PORT", "0", {}),
        ("YESAND_PORT", "65535", {}),
        ("YESAND_DOOR_PORT", "8000", {}),
        ("YESAND_BASE_URL", "scenes.example", {}),
        ("YESAND_BASE_URL", "https://scenes.example/below", {}),
        ("YESAND_BASE_URL", "http://scenes.example", {}),
        ("YESAND_DOOR_URL", "ftp://scenes.example", {}),
        ("YESAND_DEBUG", "perhaps", {}),
        ("YESAND_DEBUG", "1", {"YESAND_HOST": "0.0.0.0"}),
        ("YESAND_DEBUG", "1", {"YESAND_BASE_URL": "https://scenes.example"}),
        ("YESAND_DEV_PAGES", "1", {"YESAND_SMTP_URL": "smtp://mail.example"}),
        ("YESAND_SMTP_URL", "mail.example", {}),
        ("YESAND_TLS_KEY", "", {"YESAND_TLS_CERT": "/c.pem"}),
        ("YESAND_SPOOL_NODE", "a/b", {}),
        ("YESAND_MIN_FREE_GB", "-1", {}),
    ],
)
def test_a_wrong_setting_names_itself(name, value, extra):
    with pytest.raises(Refused) as caught:
        environ.read({name: value, **extra})
    assert caught.value.problems[0].where == name
    assert "\n" not in str(caught.value)


def test_a_database_address_is_read_and_written_alike():
    where = database.parse("postgresql://an%40a:w%2Fd@db.example:5433/sce%20nes?sslmode=require")
    assert (where.host, where.port, where.name) == ("db.example", 5433, "sce nes")
    assert (where.role, where.word, where.options) == ("an@a", "w/d", (("sslmode", "require"),))
    assert database.parse(where.url) == where
    socket = database.parse("postgres://ada@/scenes?host=%2Frun%2Fpg&port=5434")
    assert (socket.host, socket.port) == ("/run/pg", 5434)
    assert database.parse(socket.url) == socket
    assert database.parse("postgres://db.example/scenes").port == 5432


@pytest.mark.parametrize("url", ["mysql://h/n", "postgres://h", "postgres://h:x/n", "nonsense", ""])
def test_a_wrong_database_address_is_refused(url):
    with pytest.raises(Refused, match="YESAND_DATABASE_URL"):
        database.parse(url)


def test_before_the_first_start_nobody_answers_and_nothing_is_made(tmp_path):
    here = environ.read({"YESAND_HOME": str(tmp_path / "home")})
    where = database.address(here)
    assert where.host.endswith("/pg/socket") and where.word == ""
    assert not (tmp_path / "home").exists()
