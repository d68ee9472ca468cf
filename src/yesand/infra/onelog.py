"""One log for all processes of a home: every line of every part, as JSON, in one file."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from yesand.infra import logs

LIMIT_BYTES = 20 * 2**20
KEPT = 3
LINE_BYTES = 2**20


class OneLog(logging.Handler):
    """Appends lines to `path`, turning it over at 20 MiB; the supervisor's own lines too."""

    def __init__(self, path: Path, *, terminal: bool = False) -> None:
        super().__init__()
        self.path = path
        self.terminal = terminal
        path.parent.mkdir(parents=True, exist_ok=True)
        self.file = self._open()
        self.setFormatter(logs.JsonLines())
        logger = logging.getLogger("yesand")
        logger.addHandler(self)
        logger.propagate = False

    def _open(self) -> int:
        return os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def emit(self, record: logging.LogRecord) -> None:
        line = json.loads(self.format(record))
        self.write({**line, "part": "serve"})

    def write(self, line: dict[str, object]) -> None:
        text = json.dumps(line, ensure_ascii=False, default=str) + "\n"
        if os.fstat(self.file).st_size + len(text) > LIMIT_BYTES:
            self._turn_over()
        os.write(self.file, text.encode())
        if self.terminal:
            sys.stderr.write(text)
            sys.stderr.flush()

    def _turn_over(self) -> None:
        os.close(self.file)
        for number in range(KEPT - 1, 0, -1):
            older = self.path.with_name(f"{self.path.name}.{number}")
            if older.exists():
                older.replace(self.path.with_name(f"{self.path.name}.{number + 1}"))
        self.path.replace(self.path.with_name(f"{self.path.name}.1"))
        self.file = self._open()

    async def follow(self, descriptor: int, part: str) -> None:
        """Copy what a child says until it ends. `descriptor` is the read end, ours to close."""
        reader = asyncio.StreamReader(limit=LINE_BYTES)
        pipe = os.fdopen(descriptor, "rb", 0)
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), pipe
        )
        try:
            while True:
                try:
                    raw = await reader.readline()
                except ValueError:
                    continue  # a line beyond the limit is dropped; the reader goes on after it
                if not raw:
                    return
                self.write(self._line(raw, part))
        finally:
            transport.close()

    @staticmethod
    def _line(raw: bytes, part: str) -> dict[str, object]:
        text = raw.decode("utf-8", "replace").rstrip()
        if text.startswith("{"):
            try:
                return {**json.loads(text), "part": part}
            except ValueError:
                pass
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        return {"at": now, "level": "info", "logger": part, "event": logs.clean(text), "part": part}

    def close(self) -> None:
        logger = logging.getLogger("yesand")
        logger.removeHandler(self)
        logger.propagate = True
        if self.file >= 0:
            os.close(self.file)
            self.file = -1
        super().close()
