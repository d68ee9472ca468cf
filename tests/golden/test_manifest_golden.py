"""A manifest of version 1 reads for good and is written with the same bytes."""

from pathlib import Path

from tests.unit.test_manifest import example
from yesand.formats.manifest import read_manifest, write_manifest

GOLDEN = Path(__file__).with_name("manifest-1.json")


def test_reads_and_writes_the_golden_manifest() -> None:
    data = GOLDEN.read_bytes()
    assert read_manifest(data) == example()
    assert write_manifest(example()) == data
