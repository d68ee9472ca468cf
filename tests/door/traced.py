"""A system-call trace of the door, replayed as a disk that keeps only what was synced.

SIGKILL proves little about power cuts: the page cache survives the process. Here every write,
sync, rename and every answer on the line is taken from strace in the order it happened; at each
answer that tells an offset, only synced bytes count.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

CALLS = (
    "openat,write,writev,pwrite64,pwritev,ftruncate,truncate,fallocate,fsync,fdatasync,rename,"
    "renameat,renameat2,unlink,unlinkat,recvfrom,sendto,sendmsg"
)
_LINE = re.compile(r"^(\d+)\s+(.*)$")
_CALL = re.compile(r"^(\w+)\((.*)\)\s+=\s+(-?\d+)")
_UNFINISHED = re.compile(r"^(\w+)\((.*)\s*<unfinished \.\.\.>$")
_RESUMED = re.compile(r"^<\.\.\. (\w+) resumed>(.*)$")
_PATH = re.compile(r"^\d+<([^>]*)>")
_ASKED = re.compile(r'"(\w+) (/uploads\S*) HTTP/1\.1\\r\\n')
_ANSWER = re.compile(r'"HTTP/1\.1 (\d+) ')
_OFFSET = re.compile(r"\\nupload-offset: (\d+)\\r")
_PLACE = re.compile(r"\\nlocation: (/uploads/[-0-9a-f]+)\\r")


def why_not() -> str:
    """Why nothing can be traced here, or ""."""
    tracer = shutil.which("strace")
    if tracer is None:
        return "strace is not installed"
    tried = subprocess.run([tracer, "-f", "true"], capture_output=True, text=True)
    return "" if tried.returncode == 0 else f"strace may not trace: {tried.stderr.strip()[-200:]}"


def prefix(log: Path) -> list[str]:
    """Words that run a command traced; -D keeps the command our own child."""
    return ["strace", "-D", "-f", "-y", "-s", "1200", "-e", f"trace={CALLS}", "-o", str(log)]


@dataclass
class Told:
    """One answer that told a durable offset. synced: what the disk would still have."""

    verb: str
    status: int
    stream: str
    offset: int
    synced: int
    record: bool


@dataclass
class Replay:
    """What a trace says. bad: calls that a spool file must never see."""

    told: list[Told] = field(default_factory=list)
    bad: list[str] = field(default_factory=list)
    syncs: int = 0


def calls(log: Path) -> Iterator[tuple[str, str, int]]:
    """(name, arguments, result) in order of completion, threads put back together."""
    begun: dict[str, tuple[str, str]] = {}
    for line in log.read_text(errors="replace").splitlines():
        match = _LINE.match(line)
        if not match:
            continue
        process, text = match[1], match[2]
        if cut := _UNFINISHED.match(text):
            begun[process] = (cut[1], cut[2])
            continue
        if (resumed := _RESUMED.match(text)) and process in begun:
            name, start = begun.pop(process)
            text = f"{name}({start}{resumed[2]}"
        if whole := _CALL.match(text):
            yield whole[1], whole[2], int(whole[3])


def replay(log: Path, spool: Path) -> Replay:
    """Run the trace against a disk in memory.

    A write counts from the moment it returned, a sync for what was written before it *returned*
    only where it was written before the call; a trace gives the return, and appends of one stream
    are serial, so both are the same here. A record counts once it is renamed and its folder synced.
    """
    result = Replay()
    length: dict[str, int] = {}
    synced: dict[str, int] = {}
    renamed: set[str] = set()
    records: set[str] = set()
    asked: dict[str, tuple[str, str]] = {}
    for name, arguments, returned in calls(log):
        if returned < 0:
            continue
        handle = _PATH.match(arguments)
        path = handle[1] if handle else ""
        if name == "recvfrom" and (request := _ASKED.search(arguments)):
            asked[path] = (request[1], request[2])
        elif name in ("sendto", "sendmsg") and (answer := _ANSWER.search(arguments)):
            offset = _OFFSET.search(arguments)
            if offset and path in asked and answer[1] in ("200", "201", "204", "409"):
                verb, place = asked[path]
                created = _PLACE.search(arguments)
                stream = (created[1] if created else place).removeprefix("/uploads/")
                result.told.append(
                    Told(
                        verb, int(answer[1]), stream, int(offset[1]), synced.get(stream, 0),
                        stream in records,
                    )
                )  # fmt: skip
        elif path.startswith(str(spool)) and path.endswith(".bytes"):
            stream = Path(path).stem
            if name == "write":
                length[stream] = length.get(stream, 0) + returned
            elif name in ("fsync", "fdatasync"):
                synced[stream] = length.get(stream, 0)
                result.syncs += 1
            else:
                result.bad.append(f"{name}({arguments[:200]}")
        elif (name == "openat" and ".bytes" in arguments and "O_APPEND" not in arguments) or (
            name in ("truncate", "unlink", "unlinkat") and ".bytes" in arguments
        ):
            result.bad.append(f"{name}({arguments[:200]}")
        elif name.startswith("rename") and str(spool) in arguments:
            target = re.findall(r'"([^"]*)"', arguments)[-1]
            renamed.add(Path(target).name.removesuffix(".json"))
        elif name == "fsync" and path == str(spool):
            records |= renamed
    return result
