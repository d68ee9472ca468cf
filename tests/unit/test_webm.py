"""A film's container: real ones read, cut anywhere; hostile ones end in a finding at once."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes import films
from yesand.formats import webm
from yesand.formats.webm import Film, read_film
from yesand.kit.errors import Refused


@pytest.mark.parametrize(("codec", "name"), [("libvpx", "vp8"), ("libvpx-vp9", "vp9")])
def test_a_film_tells_its_size_and_time(codec, name):
    told = read_film(films.film(24, 96, 64, codec), 60)
    assert told == Film(name, 96, 64, 24, pytest.approx(23 / 24, abs=0.002), False)


def test_a_film_cut_anywhere_is_a_shorter_film_or_none():
    whole = films.film()
    before = 0
    for cut in range(0, len(whole), 7):
        try:
            told = read_film(whole[:cut], 60)
        except Refused as refused:
            assert refused.code == "no_picture", cut
        else:
            assert before <= told.frames <= 24
            before = told.frames
    assert before >= 23


@pytest.mark.parametrize(
    "name", [name for name, (_, code) in films.HOSTILE.items() if code != "not_decodable"]
)
def test_what_means_harm_is_refused_at_once(name):
    make, code = films.HOSTILE[name]
    data = make()
    began = time.process_time()
    with pytest.raises(Refused) as caught:
        read_film(data, 600)
    assert time.process_time() - began < 5
    assert not code or caught.value.code == code, caught.value
    assert caught.value.problems[0].where.startswith("byte ")


def test_a_vp9_picture_tells_its_own_size():
    frame = films.film(2, 320, 180, "libvpx-vp9")
    at = frame.index(b"\x49\x83\x42") - 1
    assert webm.vp9_size(memoryview(frame)[at:]) == (320, 180)
    assert webm.vp9_size(memoryview(b"\x86" + bytes(9))) is None
    assert webm.vp9_size(memoryview(b"\x82" + bytes(9))) == (0, 0)
    assert webm.vp8_size(memoryview(films.vp8(1, 2))) == (1, 2)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_end_in_a_film_or_a_finding(data):
    for start in (b"", films.HEAD, films.HEAD + films.element(webm.SEGMENT, b"", films.OPEN)):
        with pytest.raises(Refused):
            read_film(start + data, 60)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_film_with_changed_bytes_ends_in_a_film_or_a_finding(data):
    whole = bytearray(films.film())
    for _ in range(data.draw(st.integers(1, 8))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    try:
        told = read_film(bytes(whole), 60)
    except Refused:
        return
    assert told.frames <= webm.MOST_FPS * (told.seconds + 2)
    assert 0 < told.width * told.height <= webm.MOST_PIXELS and told.seconds <= 60
