"""Streams of framed audio blocks, read back: samples, a table of blocks, findings, gaps.

A stream may end anywhere, inside a block too: a torn tail is legal, because a recorder or a disk
may stop at any byte. Everything else that is wrong is a finding with its byte offset. Bytes are
never repaired: a damaged block is left out, its place shows as a hole in the sample count, and
reading goes on at the next block that is whole.

Device times are logged and never judged: Chromium moves them by up to 213 ms while samples run on,
and its first block's may lie 1.8 s after its second's (both measured with Chromium 156).
"""

from __future__ import annotations

import mmap
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yesand.formats.block_arrays import checksums, decode_payload, gather
from yesand.formats.block_bytes import (
    FULL_SCALE,
    HEADER_BYTES,
    MAGIC,
    MAX_PAYLOAD,
    NO_DEVICE_TIME,
    VERSION,
    Encoding,
    Header,
    encode_block,
    parse_header,
    s24_bytes,
    to_s24,
)
from yesand.formats.block_gaps import (
    BLOCKS,
    BlockGap,
    end_us,
    find_gaps,
    first_sample_us,
    gaps_between,
)
from yesand.formats.crc32c import compiled, crc32c
from yesand.kit.errors import Problem, Refused

__all__ = [
    "BLOCKS",
    "FULL_SCALE",
    "HEADER_BYTES",
    "MAX_PAYLOAD",
    "NO_DEVICE_TIME",
    "VERSION",
    "Block",
    "BlockGap",
    "BlockReader",
    "BlockStream",
    "Encoding",
    "Finding",
    "Header",
    "encode_block",
    "end_us",
    "find_gaps",
    "first_sample_us",
    "gaps_between",
    "read_stream",
    "s24_bytes",
    "to_s24",
]

#: Findings kept per stream; one more says how many were left out.
MAX_FINDINGS = 1000
#: Wrong block starts that may be tried in one stream before the rest is given up, so that a
#: hostile file cannot make reading slow.
MAX_TRIES = 4096
#: A recorder may count this much further than its clock has run (a burst after a stall), seconds.
AHEAD_S = 2.0
SEARCH_BYTES = 1 << 16

SAYS = {
    "bad_magic": "no block starts here",
    "unknown_version": f"the block is of another version than {VERSION}",
    "unknown_encoding": "the block's encoding is neither s24 (1) nor f32 (2)",
    "bad_rate": "the block states an impossible sample rate",
    "bad_length": f"the block's payload is empty, over {MAX_PAYLOAD} bytes or cuts a sample",
    "bad_first_sample": "the block states an impossible sample index",
    "bad_checksum": "the block's bytes do not match its checksum",
    "cut_block": "the block is cut off and another one follows",
    "other_stream": "the block belongs to another stream",
}


@dataclass(frozen=True)
class Finding(Problem):
    """One thing wrong in a stream; `where` names the byte, `offset` is its number."""

    offset: int = 0


@dataclass(frozen=True, slots=True)
class Block:
    """One accepted block: its header, where it starts in the stream, and its payload bytes."""

    header: Header
    offset: int
    payload: memoryview

    @property
    def count(self) -> int:
        """Samples in the block."""
        return len(self.payload) // self.header.encoding.sample_bytes

    def samples(self) -> NDArray[Any]:
        """int32 holding 24-bit values, or float32."""
        return decode_payload(self.payload, self.header.encoding)


@dataclass
class BlockReader:
    """Reads a stream as its bytes come in, in pieces of any size.

    feed() returns the blocks that became whole; finish() says that nothing more will come.
    findings grows in byte order; torn_tail_bytes is known after finish(). strict: raise Refused at
    the first finding. known_checksums: CRC32C by block offset where somebody computed them already.
    """

    strict: bool = False
    findings: list[Finding] = field(default_factory=list)
    torn_tail_bytes: int = 0
    stream: uuid.UUID | None = None
    encoding: Encoding | None = None
    rate: int = 0
    known_checksums: dict[int, int] = field(default_factory=dict)
    _rest: bytes | memoryview = b""
    _base: int = 0
    _expected: int = 0
    _next_sample: int = 0
    _clock_us: int | None = None
    _damage: tuple[int, str] | None = None
    _after_damage: bool = False
    _tries: int = 0
    _unkept: int = 0

    def feed(self, piece: bytes | memoryview) -> list[Block]:
        """The blocks made whole by these bytes, in order."""
        self._rest = bytes(self._rest) + piece if len(self._rest) else piece
        return list(self._walk(final=False))

    def finish(self) -> list[Block]:
        """Blocks found behind damage at the very end; afterwards the reader is done."""
        blocks = list(self._walk(final=True))
        if self._unkept:
            says = f"{self._unkept} more findings are not listed"
            self.findings.append(Finding("more_findings", "stream", says, self._base))
        return blocks

    def _walk(self, final: bool) -> Iterator[Block]:
        view = memoryview(self._rest)
        at, tail = 0, None
        while at < len(view):
            if self._tries > MAX_TRIES:
                at = len(view)
                break
            found = self._examine(view, at)
            if isinstance(found, Block):
                tail = None
                self._close_damage(found.offset)
                if self._accept(found):
                    yield found
                self._after_damage = False
                at += HEADER_BYTES + len(found.payload)
                continue
            if found == "incomplete":
                if not final:
                    break
                tail = at if tail is None else tail
                found = "cut_block"
            if self._damage is None:
                self._damage = (self._base + at, found)
            self._tries += found != "bad_magic"
            at = self._next_start(view, at)
        if final:
            self._end(len(view), tail)
        self._rest = view[at:]
        self._base += at

    def _end(self, length: int, tail: int | None) -> None:
        end = self._base + length
        if tail is not None:
            self.torn_tail_bytes = length - tail
            end = self._base + tail
        if self._damage is not None and self._damage[0] < end:
            self._close_damage(end)
        self._damage = None

    def _next_start(self, view: memoryview, at: int) -> int:
        """Where the next block may start after a wrong one at `at`; the end may cut its magic."""
        for start in range(at + 1, len(view), SEARCH_BYTES):
            found = bytes(view[start : start + SEARCH_BYTES + len(MAGIC) - 1]).find(MAGIC)
            if found >= 0:
                return start + found
        end = bytes(view[max(at + 1, len(view) - len(MAGIC) + 1) :])
        return len(view) - next((n for n in (3, 2, 1) if end.endswith(MAGIC[:n])), 0)

    def _examine(self, view: memoryview, at: int) -> Block | str:
        """The whole block at `at`, or "incomplete", or the code of what is wrong."""
        if len(view) - at < HEADER_BYTES:
            start = bytes(view[at : at + len(MAGIC)])
            return "incomplete" if MAGIC.startswith(start) else "bad_magic"
        parsed = parse_header(bytes(view[at : at + HEADER_BYTES]))
        if isinstance(parsed, str):
            return parsed
        header, length, stated = parsed
        if self._damage is not None and self.stream not in (None, header.stream):
            return "other_stream"
        end = at + HEADER_BYTES + length
        if end > len(view):
            return "incomplete"
        crc = self.known_checksums.get(self._base + at)
        if crc is None:
            crc = crc32c(bytes(view[at : at + 60]) + view[at + HEADER_BYTES : end])
        if crc != stated:
            return "bad_checksum"
        return Block(header, self._base + at, view[at + HEADER_BYTES : end])

    def _close_damage(self, end: int) -> None:
        if self._damage is not None:
            start, code = self._damage
            self._damage = None
            self._after_damage = True
            self._find(code, start, f"{SAYS[code]}; {end - start} bytes are left out")

    def _find(self, code: str, offset: int, says: str) -> None:
        finding = Finding(code, f"byte {offset}", says, offset)
        if self.strict:
            raise Refused(finding)
        if len(self.findings) < MAX_FINDINGS:
            self.findings.append(finding)
        else:
            self._unkept += 1

    def _accept(self, block: Block) -> bool:
        """Judge a whole block by what came before it; False where its samples are left out."""
        header, offset = block.header, block.offset
        if self.stream is None:
            self.stream, self.encoding, self.rate = header.stream, header.encoding, header.rate
        refused = self._refusal(block)
        if refused:
            self._find(refused[0], offset, refused[1])
            if header.stream == self.stream:
                self._expected = max(self._expected, header.sequence + 1)
            return False
        if header.sequence > self._expected and not self._after_damage:
            missing = header.sequence - self._expected
            self._find("sequence_skip", offset, f"{missing} blocks are missing before this one")
        ran = 0.0 if self._clock_us is None else (header.client_us - self._clock_us) / 1e6
        if ran < 0:
            self._find("time_backwards", offset, f"the clock goes back by {-ran:.6f} s")
        jumped = (header.first_sample + block.count - self._next_sample) / self.rate
        if self._clock_us is not None and jumped > max(ran, 0.0) + AHEAD_S:
            says = f"the count runs {jumped:.3f} s ahead while the clock runs {ran:.3f} s"
            self._find("samples_ahead", offset, says)
        self._expected = header.sequence + 1
        self._next_sample = header.first_sample + block.count
        self._clock_us = header.client_us
        return True

    def _refusal(self, block: Block) -> tuple[str, str] | None:
        header = block.header
        if header.stream != self.stream:
            return "other_stream", f"the block belongs to stream {header.stream}"
        if header.encoding != self.encoding:
            return "encoding_change", f"the encoding changes to {header.encoding.name.lower()}"
        if header.rate != self.rate:
            return "rate_change", f"the rate changes from {self.rate} to {header.rate} Hz"
        if header.sequence < self._expected:
            says = f"block {header.sequence} comes again, {self._expected} is due"
            return "sequence_repeat", says
        if header.first_sample < self._next_sample:
            again = self._next_sample - header.first_sample
            return "sample_repeat", f"the count goes back by {again} samples"
        if header.encoding is Encoding.F32 and not np.isfinite(block.samples()).all():
            return "not_a_number", "the block holds NaN or infinity"
        return None


@dataclass(frozen=True)
class BlockStream:
    """A stream as arrays.

    samples: the accepted blocks' samples one after the other, shape (n,): int32 holding 24-bit
      values (full scale 8388608), or float32. Holes are not filled: see `find_gaps`. Empty where
      the stream was read without them.
    rate: Hz, 0 for an empty stream. blocks: one row per accepted block, dtype BLOCKS.
    length: bytes in all; torn_tail_bytes of them at the end are of a block that never became whole.
    """

    stream: uuid.UUID | None
    encoding: Encoding | None
    rate: int
    samples: NDArray[Any]
    blocks: NDArray[np.void]
    length: int
    torn_tail_bytes: int
    findings: tuple[Finding, ...]

    @property
    def seconds(self) -> float:
        """Stored samples at the stated rate."""
        return self.count / self.rate if self.rate else 0.0

    @property
    def count(self) -> int:
        """Samples in the accepted blocks."""
        return int(self.blocks["count"].sum())

    def floats(self) -> NDArray[np.float32]:
        """Samples in [-1, 1] as float32, exact for 24-bit values."""
        if self.samples.dtype == np.float32:
            return self.samples
        return self.samples.astype(np.float32) * np.float32(1 / FULL_SCALE)


def read_stream(
    source: Path | str | bytes | memoryview, strict: bool = False, samples: bool = True
) -> BlockStream:
    """Read a whole stream from a file or from bytes.

    strict: raise Refused with the first finding instead of listing all. samples: False leaves them
    out, for who asks only what there is of them. OSError where the file cannot be read. 30 minutes
    of 48 kHz s24 take about a second, half of it the system's work to hand out 350 MB.
    """
    data = _whole(Path(source)) if isinstance(source, str | Path) else memoryview(source)
    known = {} if compiled() else checksums(data)
    reader = BlockReader(strict=strict, known_checksums=known)
    blocks = reader.feed(data) + reader.finish()
    table = np.zeros(len(blocks), dtype=BLOCKS)
    rows = [
        (h.sequence, h.first_sample, h.device_us, h.client_us, block.count, block.offset, 0)
        for block, h in ((block, block.header) for block in blocks)
    ]
    if rows:
        table[:] = rows
        table["at"][1:] = np.cumsum(table["count"])[:-1]
    return BlockStream(
        reader.stream,
        reader.encoding,
        reader.rate,
        gather(data, table if samples else table[:0], reader.encoding),
        table,
        len(data),
        reader.torn_tail_bytes,
        tuple(reader.findings),
    )


def _whole(path: Path) -> memoryview:
    with path.open("rb") as file:
        if not path.stat().st_size:
            return memoryview(b"")
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
