import hashlib

import obstore.store
import pytest

from yesand.infra.objects import (
    BucketStore,
    FolderStore,
    Missing,
    open_store,
    pieces_of,
    put_by_content,
)
from yesand.kit.errors import Refused


@pytest.fixture(params=["folder", "bucket"])
def store(request, tmp_path):
    """Both kinds answer alike; the bucket is obstore's own store in memory."""
    if request.param == "folder":
        return FolderStore(tmp_path / "objects")
    return BucketStore(obstore.store.MemoryStore())


def test_what_is_put_is_got_whole_and_in_part(store):
    stored = store.put("takes/1/mic.pcm", [b"abc", b"", b"defg"])
    assert (stored.size, stored.sha256) == (7, hashlib.sha256(b"abcdefg").hexdigest())
    assert store.get("takes/1/mic.pcm") == b"abcdefg"
    assert store.read_range("takes/1/mic.pcm", 2, 3) == b"cde"
    assert store.read_range("takes/1/mic.pcm", 5, 100) == b"fg"
    assert store.read_range("takes/1/mic.pcm", 7, 1) == b""
    assert store.size("takes/1/mic.pcm") == 7


def test_putting_again_replaces_and_deleting_ends(store):
    store.put("a/b", [b"one"])
    store.put("a/b", [b"two"])
    assert store.get("a/b") == b"two"
    assert store.delete("a/b") is True
    assert store.delete("a/b") is False
    assert store.size("a/b") is None
    for read in (lambda: store.get("a/b"), lambda: store.read_range("a/b", 0, 1)):
        with pytest.raises(Missing):
            read()


def test_names_come_in_byte_order_by_prefix(store):
    for key in ("takes/2/x", "takes/10/x", "peaks/1", "takes/1/x"):
        store.put(key, [b"."])
    assert list(store.names("takes/1")) == ["takes/1/x", "takes/10/x"]
    assert list(store.names()) == ["peaks/1", "takes/1/x", "takes/10/x", "takes/2/x"]


@pytest.mark.parametrize("key", ["", "/a", "../a", "a/../b", "a//b", "a/.b", "a b", "a\n"])
def test_a_name_cannot_leave_the_store(store, key):
    with pytest.raises(ValueError, match="not an object key"):
        store.put(key, [b"."])


def test_the_same_bytes_are_one_object(store):
    one = put_by_content(store, [b"peaks"])
    two = put_by_content(store, [b"pe", b"aks"])
    assert one == two and len(list(store.names())) == 1


def test_a_broken_source_leaves_nothing(tmp_path):
    def breaks():
        yield b"first"
        raise OSError("source gone")

    store = FolderStore(tmp_path)
    with pytest.raises(OSError, match="source gone"):
        store.put("a/b", breaks())
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_file_is_put_in_pieces(tmp_path):
    source = tmp_path / "source"
    source.write_bytes(b"x" * (2**20 + 5))
    assert [len(piece) for piece in pieces_of(source)] == [2**20, 5]


def test_the_address_decides_the_kind(tmp_path):
    place = tmp_path / "with space"
    store = open_store(place.as_uri())
    store.put("a", [b"."])
    assert (place / "a").read_bytes() == b"."
    with pytest.raises(Refused, match="YESAND_OBJECTS_URL"):
        open_store("ftp://elsewhere/x")
