"""The wheel a house hands out: what runs here, installable by pip, from no index."""

from __future__ import annotations

import base64
import hashlib
import io
import subprocess
import sys
import zipfile

import pytest

from yesand import __version__
from yesand.web.public import wheel

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def archive() -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(wheel.made()))


def test_its_record_names_every_file_with_its_hash(archive):
    rows = [
        row.rsplit(",", 2)
        for row in archive.read(f"{wheel.INFO}/RECORD").decode().split("\n")
        if row
    ]
    assert {name for name, _hash, _size in rows} == set(archive.namelist())
    for name, said, size in rows[:-1]:
        data = archive.read(name)
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        assert (said, size) == (f"sha256={digest}", str(len(data)))


def test_it_holds_the_package_and_nothing_of_this_machine(archive):
    names = archive.namelist()
    assert {
        "yesand/__init__.py",
        "yesand/py.typed",
        f"{wheel.INFO}/METADATA",
        f"{wheel.INFO}/WHEEL",
    } <= set(names)
    assert any(name.startswith("yesand/commission/deck/") for name in names)
    assert not [name for name in names if "__pycache__" in name or "direct_url" in name]
    assert wheel.made() == wheel.made.__wrapped__(), "the same files make the same bytes"


def test_pip_installs_it(archive, tmp_path):
    file = tmp_path / wheel.NAME
    file.write_bytes(wheel.made())
    into = tmp_path / "into"
    words = ["install", "--quiet", "--no-deps", "--no-index", "--disable-pip-version-check"]
    subprocess.run(
        [sys.executable, "-m", "pip", *words, "--target", str(into), str(file)],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    code = "import yesand; print(yesand.__file__, yesand.__version__)"
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True,
        cwd=tmp_path, env={"PYTHONPATH": str(into)},
    )  # fmt: skip
    assert done.stdout.split() == [str(into / "yesand" / "__init__.py"), __version__]
    assert (into / "bin" / "yesand").exists()


def test_anybody_may_fetch_it_under_its_own_name_alone(client):
    answer = client.get(f"/wheel/{wheel.NAME}")
    assert answer.status_code == 200 and answer.content == wheel.made()
    assert client.head(f"/wheel/{wheel.NAME}").status_code == 200
    assert client.post(f"/wheel/{wheel.NAME}").status_code == 405
    for other in ("yesand-9.9.9-py3-none-any.whl", "x", "..%2fsecrets"):
        assert client.get(f"/wheel/{other}").status_code == 404


def test_the_start_page_names_it(client, settings):
    settings.BASE_URL = "https://voices.example"
    text = client.get("/").text
    assert f"yesand[server] @ https://voices.example/wheel/yesand-{__version__}" in text
