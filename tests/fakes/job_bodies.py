"""Job bodies that behave badly on purpose. Each writes what it did into FAKE_JOBS_FOLDER."""

from __future__ import annotations

import os
import socket
import threading
import time
from pathlib import Path

from yesand.infra import facts, jobs
from yesand.kit.errors import refuse


def folder() -> Path:
    return Path(os.environ["FAKE_JOBS_FOLDER"])


def say(name: str, text: str = "") -> None:
    draft = folder() / f".{name}.{os.getpid()}"
    draft.write_text(text or str(os.getpid()))
    draft.rename(folder() / name)


@jobs.body("say_now", queue="now")
def say_now(word: str) -> None:
    say(word)


@jobs.body("say_work", queue="work")
def say_work(word: str) -> None:
    say(word, str(os.nice(0)))


@jobs.body("say_spool", queue="spool")
def say_spool(word: str) -> None:
    say(word)


@jobs.body("hog", queue="work", attempts=1, memory_gib=0.5)
def hog() -> None:
    say("hog_began")
    held = bytearray(2**30)
    say("hog_held", str(len(held)))


@jobs.body("spin", queue="work", attempts=1, cpu_s=1)
def spin() -> None:
    say("spin_began")
    while True:
        pass


@jobs.body("dawdle", queue="work", attempts=1, wall_s=0.5)
def dawdle() -> None:
    say("dawdle_began")
    threading.Event().wait()


@jobs.body("call_out", queue="work", attempts=1)
def call_out(port: int) -> None:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=2).close()
    except OSError as error:
        say("called", f"refused: {error}")
    else:
        say("called", "connected")


@jobs.body("refuse", queue="work")
def refuse_() -> None:
    count = folder() / "refusals"
    with open(count, "a") as file:
        file.write(".")
    raise refuse("no", "This is refused.")


@jobs.body("fail_once", queue="work")
def fail_once() -> None:
    if not (folder() / "failed").exists():
        say("failed")
        raise RuntimeError("first time")
    say("recovered")


@jobs.body("hang_once", queue="work")
def hang_once(take: str) -> None:
    if not (folder() / "hanging").exists():
        say("hanging")
        while True:
            time.sleep(60)
    say("second_life")


@jobs.body("count_up", queue="now")
def count_up(left: int) -> None:
    say(f"count_{left}")
    if left:
        jobs.defer("count_up", left=left - 1)


@jobs.tick("sweep", every=60.0, wake=facts.CHANNEL)
def sweep() -> None:
    from django.db import transaction

    with transaction.atomic():
        for fact in facts.take_open():
            jobs.defer("say_now", word=f"{fact.house}_{fact.kind}")
            facts.mark(fact)
