"""`yesand bench`: one promise at a time, measured, with its seed printed."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from yesand.cli import bench_streams, bench_upload, say
from yesand.cli.bench_capture import run
from yesand.cli.bench_peers import PEERS, Missing, NginxPut, PeerServer, work_folder
from yesand.cli.bench_servers import YesandServer

bench = typer.Typer(help="Measure one promise.", no_args_is_help=True)

OURS = YesandServer.name
TUS = (OURS, "tus-node-server", "tuspyserver")
#: How many times as fast as a peer the door must be, with eight connections.
ASKED = {"tus-node-server": 2.0, "tuspyserver": 3.0}
Servers = Annotated[
    str, typer.Option(help="Names with commas; peers are installed into the work folder.")
]
ALL_TUS, ALL = ",".join(TUS), ",".join((*TUS, NginxPut.name))
Work = Annotated[Path | None, typer.Option(help="Where peers are kept; a cache folder.")]
Seed = Annotated[int | None, typer.Option(help="Repeat a run; printed otherwise.")]
Out = Annotated[Path | None, typer.Option(help="Folder on the disk to measure; a fresh one.")]
Json = Annotated[bool, typer.Option("--json", help=say.JSON_HELP)]


@bench.callback()
def which() -> None:
    """Measure one promise beside its peer."""


def _chosen(servers: str, known: Sequence[str]) -> list[str]:
    names = [name for name in servers.replace(" ", "").split(",") if name]
    wrong = [name for name in names if name not in known]
    if wrong or not names:
        raise typer.BadParameter(f"choose of {', '.join(known)}")
    return names


def _made(name: str, home: Path, work: Path, prefix: Sequence[str] = ()) -> Any:
    """The server of that name on a fresh home. Raises Missing."""
    if name == OURS:
        return YesandServer(home, prefix=prefix)
    return PEERS[name](home, work, prefix)


def _present(names: list[str], work: Path) -> tuple[list[str], dict[str, str]]:
    """(servers that can be had here, why not by name of the others); installs what is missing."""
    present, missing = [], {}
    for name in names:
        try:
            with tempfile.TemporaryDirectory() as folder:
                _made(name, Path(folder) / "home", work)
            present.append(name)
        except Missing as reason:
            missing[name] = str(reason)
            say.line(f"{name}: missing, {reason}")
    return present, missing


@bench.command("capture")
def capture(
    kills: Annotated[int, typer.Option(min=1, help="How often each server is killed.")] = 100,
    streams: Annotated[int, typer.Option(min=1, help="Streams that send at once.")] = 8,
    servers: Servers = ALL_TUS,
    work: Work = None,
    seed: Seed = None,
    out: Out = None,
    json: Json = False,
) -> None:
    """Kill upload servers again and again while streams send; count what was lost.

    Exit 1 where our door lost an acknowledged byte or stored a wrong one; peers are only reported.

    Example: yesand bench capture --kills 100 --json
    """
    names = _chosen(servers, TUS)
    seed = secrets.randbelow(2**32) if seed is None else seed
    say.line(f"seed {seed}")
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
    names, missing = _present(names, work or work_folder())
    found: dict[str, Any] = {}
    for name in names:
        with (
            tempfile.TemporaryDirectory(dir=out, prefix="yesand-kills-") as folder,
            say.progress(f"kills of {name}", kills) as steps,
        ):
            server = _made(name, Path(folder) / "home", work or work_folder())
            try:
                result = run(server, kills, seed, streams, steps.advance)
            finally:
                server.stop()
        found[name] = result
        say.line(
            f"{name}: {result['kills']} kills {result['killed']}, lost {result['lost_bytes']}, "
            f"corrupt {result['corrupt']}, resumed after {result['resume_seconds']['p50']} s "
            f"(p95 {result['resume_seconds']['p95']} s)"
        )
    ours = found.get(OURS, {"lost_bytes": 0, "corrupt": 0})
    ok = ours["lost_bytes"] == 0 and ours["corrupt"] == 0
    everything = {"seed": seed, "streams": streams, "missing": missing, **found}
    say.finish(everything, as_json=json, ok=ok)


@bench.command("upload")
def upload(
    servers: Servers = ALL,
    connections: Annotated[str, typer.Option(help="Numbers with commas.")] = "8,1",
    rounds: Annotated[int, typer.Option(min=1, help="How often each server has its turn.")] = 5,
    megabytes: Annotated[int, typer.Option(min=1, help="Sent in each turn, 10^6 bytes.")] = 200,
    work: Work = None,
    seed: Seed = None,
    out: Out = None,
    json: Json = False,
) -> None:
    """Send bodies of 256 KiB to upload servers in turn: speed, processor time, latency.

    Our door verifies and syncs each body before it answers; what the others do is tried and told.
    Exit 1 where the door is less than 2 times as fast as @tus/server or 3 times as tuspyserver.

    Example: yesand bench upload --json
    """
    names = _chosen(servers, (*TUS, NginxPut.name))
    counts = [int(count) for count in connections.split(",")]
    seed = secrets.randbelow(2**32) if seed is None else seed
    say.line(f"seed {seed}")
    keep = work or work_folder()
    names, missing = _present(names, keep)
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out, prefix="yesand-upload-") as folder:
        number = iter(range(10**6))

        def made(name: str, prefix: Sequence[str] = ()) -> YesandServer | PeerServer:
            server: YesandServer | PeerServer = _made(
                name, Path(folder) / str(next(number)), keep, prefix
            )
            return server

        def make(name: str) -> Callable[[], YesandServer | PeerServer]:
            return lambda: made(name)

        told = {name: _told(lambda p, n=name: made(n, p), Path(folder)) for name in names}  # type: ignore[misc]
        turns = rounds * len(names) * len(counts)
        with say.progress("turns", turns) as steps:
            measured = bench_upload.run(
                {name: make(name) for name in names}, counts, rounds, megabytes, seed, steps.advance
            )
    results = {name: {**told[name], "connections": measured[name]} for name in names}
    times = _times(measured, str(counts[0]))
    ok = all(times.get(name, asked) >= asked for name, asked in ASKED.items())
    for name in names:
        for count, row in measured[name].items():
            say.line(
                f"{name}, {count} connections: {row['mb_per_s']} MB/s, "
                f"{row['cpu_seconds_per_gb']} CPU s/GB, p50 {row['latency_ms']['p50']} ms, "
                f"p95 {row['latency_ms']['p95']} ms"
            )
    everything = {
        "seed": seed, "body_bytes": bench_upload.BODY, "rounds": rounds, "megabytes": megabytes,
        "missing": missing, "ours_times_theirs": times, **results,
    }  # fmt: skip
    say.finish(everything, as_json=json, ok=ok)


def _told(
    make: Callable[[Sequence[str]], YesandServer | PeerServer], folder: Path
) -> dict[str, Any]:
    """What a server does before it answers, tried."""
    server = make(())
    server.start()
    try:
        refuses = bench_upload.refuses_damage(server)
    finally:
        server.stop()
    return {
        "refuses_damaged_bodies": refuses,
        "syncs_for_4_bodies": bench_upload.syncs(make, folder),
    }


def _times(measured: dict[str, Any], count: str) -> dict[str, float]:
    """Our speed over each peer's, with the first number of connections."""
    if OURS not in measured:
        return {}
    ours = measured[OURS][count]["mb_per_s"]
    return {
        name: round(ours / row[count]["mb_per_s"], 2)
        for name, row in measured.items()
        if name != OURS
    }


@bench.command("streams")
def streams(
    count: Annotated[int, typer.Option(min=1, help="Streams open at once.")] = 1000,
    seconds: Annotated[float, typer.Option(min=1, help="How long they send.")] = 20.0,
    every: Annotated[float, typer.Option(min=0.1, help="Seconds between bodies.")] = 2.0,
    size: Annotated[int, typer.Option(min=2, help="Bytes of a body.")] = 16_384,
    seed: Seed = None,
    out: Out = None,
    json: Json = False,
) -> None:
    """Many open streams, then a full disk, then room again, then a restart on all of it.

    Exit 1 where a body was answered in a way nobody expects, or a stored byte is wrong.

    Example: yesand bench streams --count 1000 --json
    """
    seed = secrets.randbelow(2**32) if seed is None else seed
    say.line(f"seed {seed}")
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out, prefix="yesand-streams-") as folder:
        found = bench_streams.run(Path(folder) / "home", count, seconds, every, size, seed)
    ok = not (found["unexpected"] or found["wrong_streams"] or found["disk_full"]["unexpected"])
    say.finish({"seed": seed, **found}, as_json=json, ok=ok)


@bench.command("rooms")
def rooms(
    rooms: Annotated[
        str, typer.Option(help="Numbers with commas; the first that is carried ends the run.")
    ] = "50",
    seconds: Annotated[float, typer.Option(min=3, help="How long the rooms are played in.")] = 600,
    take: Annotated[float, typer.Option(min=1, help="Seconds of a take.")] = 180,
    seed: Seed = None,
    out: Out = None,
    json: Json = False,
) -> None:
    """Play many rooms at once against the whole server on one core; clients have another.

    Two sockets and eight streams a room, in the pieces and at the rates of a browser. Exit 1 where
    no number was carried: a lag grew, or a receipt is missing or not of what was sent.

    Example: yesand bench rooms --rooms 50 --seconds 600 --json
    """
    # Late: it brings voices, pictures and numpy, which no other bench needs.
    from yesand.cli import bench_rooms  # noqa: PLC0415

    counts = [int(count) for count in rooms.split(",")]
    seed = secrets.randbelow(2**32) if seed is None else seed
    say.line(f"seed {seed}")
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
    runs: list[dict[str, Any]] = []
    for count in counts:
        with (
            tempfile.TemporaryDirectory(dir=out, prefix="yesand-rooms-") as folder,
            say.progress(f"{count} rooms", seconds) as steps,
        ):
            found = bench_rooms.run(Path(folder), count, seconds, take, seed, steps.advance)
        for row in found["minutes"]:
            say.line(bench_rooms.line_of(row))
        say.line(f"{count} rooms: {'carried' if found['carried'] else 'not carried'}")
        runs.append(found)
        if found["carried"]:
            break
    carried = next((run["rooms"] for run in runs if run["carried"]), 0)
    say.finish({"carried_rooms": carried, "runs": runs}, as_json=json, ok=carried > 0)
