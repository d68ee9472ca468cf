"""The manifest: one clear error naming the field, the same bytes for the same take."""

import dataclasses
import json

import pytest

from yesand.formats.manifest import (
    Count,
    Cue,
    Gap,
    Manifest,
    Missing,
    Pause,
    Ping,
    PingFit,
    Player,
    Prompt,
    Receipt,
    Stream,
    read_manifest,
    write_manifest,
)
from yesand.kit.errors import Refused


def example() -> Manifest:
    mic = Stream(
        "s1",
        "a",
        "a",
        "mic",
        "a/mic.pcm",
        144_064,
        "ab" * 32,
        "complete",
        "",
        "yab1/s24le",
        0,
        48000,
        48000,
        1000.5,
        {"echoCancellation": False},
    )
    cam = Stream(
        "s2",
        "a",
        "a",
        "cam",
        "a/cam.webm",
        9000,
        "cd" * 32,
        "partial",
        "the last slice never came",
        "webm/vp8",
    )
    return Manifest(
        schema="yesand-manifest",
        schema_version=1,
        take="t1",
        session="x1",
        index=1,
        use="train",
        opened_s=100.0,
        closed_s=160.0,
        prompt=Prompt("last-key", 3, "ef" * 32),
        players=(
            Player(
                "a",
                "paaaaaaaaaa",
                "human",
                "actor",
                "r1",
                (Receipt("recognition_training", "12" * 32),),
            ),
            Player("b", "pbbbbbbbbbb", "robot", None, None, ()),
        ),
        streams=(mic, cam),
        pings={"a": (Ping(1.0, 100.0, 100.0001, 3.0),)},
        counts={"s1": (Count(0, 1000.5), Count(48000, 2000.5))},
        ping_fit={"a": PingFit(1.0, 100.0, 12.5, 3.0, 1.0, 60, 2.0), "b": None},
        gaps=(Gap("a", "mic", 0.5, 0.51, "device", "s1", 24000),),
        pauses=(Pause(120.0, 125.0, "pause"),),
        cues=(
            Cue(
                "c1",
                "a",
                "Let them off the hook",
                "affection",
                2,
                False,
                False,
                False,
                101.0,
                103.0,
                "took",
                104.0,
                109.0,
            ),
        ),
        missing=(Missing("b", "cam", "no camera"),),
    )


def broken(**changes: object) -> bytes:
    value = json.loads(write_manifest(example()))
    for path, change in changes.items():
        at = value
        *way, last = path.split("__")
        for step in way:
            at = at[int(step) if step.isdigit() else step]
        if change is KeyError:
            del at[last]
        else:
            at[last] = change
    return json.dumps(value).encode()


def test_reads_back_what_was_written_and_writes_the_same_bytes() -> None:
    data = write_manifest(example())
    assert read_manifest(data) == example()
    assert write_manifest(read_manifest(data)) == data
    assert data.endswith(b"}\n") and b" :" not in data


@pytest.mark.parametrize(
    ("changes", "where", "says"),
    [
        ({"take": KeyError}, "take", "is missing"),
        ({"alias": "Bo"}, "alias", "is not a field"),
        ({"streams__0__alias": "Bo"}, "streams[0].alias", "is not a field"),
        ({"schema_version": 2}, "schema_version", "must be one of 1"),
        ({"streams__0__length": "many"}, "streams[0].length", "a whole number"),
        ({"streams__0__rate": None}, "streams[0].rate", "sample rate"),
        ({"streams__1__reason": ""}, "streams[1].reason", "why"),
        ({"streams__0__path": "../x"}, "streams[0].path", "below"),
        ({"streams__0__kind": "smell"}, "streams[0].kind", "mic, cam, events, heard"),
        ({"players__1__role": "a"}, "players", "role b once"),
        ({"gaps__0__stream": "nobody"}, "gaps[0].stream", "not listed"),
        ({"gaps__0__end_s": 0.5}, "gaps[0].end_s", "after start_s"),
        ({"streams__1__kind": "mic", "streams__1__role": "a"}, "streams[1].part", "second part 0"),
        ({"pings__a__0__t0_ms": True}, "pings.a[0].t0_ms", "a number"),
        ({"counts__s1__0__samples": 99999}, "counts.s1", "backwards"),
        ({"cues__0__aim_intensity": 4}, "cues[0].aim_intensity", "1, 2 or 3"),
        ({"cues__0__empty": True}, "cues[0].aim_emotion", "empty cue"),
        ({"cues__0__span_end_s": 1.0}, "cues[0].span_end_s", "before"),
        ({"closed_s": 1.0}, "closed_s", "before"),
        ({"ping_fit__q": None}, "ping_fit.q", "by role"),
    ],
)
def test_names_the_field_that_is_wrong(changes: dict[str, object], where: str, says: str) -> None:
    with pytest.raises(Refused) as caught:
        read_manifest(broken(**changes))
    assert caught.value.problems[0].where == where
    assert says in str(caught.value)


def test_says_what_is_not_json() -> None:
    with pytest.raises(Refused, match=r"manifest\.json: is not JSON"):
        read_manifest(b"{")


def test_infinity_is_refused() -> None:
    with pytest.raises(Refused, match="opened_s: must be a finite number"):
        read_manifest(broken().replace(b'"opened_s": 100.0', b'"opened_s": -Infinity'))


def test_an_inconsistent_manifest_is_not_written() -> None:
    with pytest.raises(Refused, match="closed_s"):
        write_manifest(dataclasses.replace(example(), closed_s=1.0))


def test_answers_who_and_which() -> None:
    manifest = example()
    assert manifest.player("b").kind == "robot"
    assert [part.samples for part in manifest.parts("a", "mic")] == [48000]
    assert manifest.parts("b", "mic") == []
    with pytest.raises(KeyError):
        manifest.player("c")
