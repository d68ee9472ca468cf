"""Serve the door: `python -m yesand.web.doors`. SIGTERM and SIGINT stop it cleanly."""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import socket
import sys
from types import FrameType

import uvicorn

from yesand.infra import environ, logs
from yesand.kit.errors import Refused
from yesand.web.doors.app import Door
from yesand.web.doors.wire import Wire

#: Seconds that running requests get after the last body was cut short.
FINISH_S = 5


class DoorServer(uvicorn.Server):
    """uvicorn that tells the door first when it is asked to stop."""

    def __init__(self, config: uvicorn.Config, door: Door) -> None:
        super().__init__(config)
        self._door = door
        self._loop: asyncio.AbstractEventLoop | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Drain, then stop; a second Ctrl-C does not wait. The exit status of a clean stop is 0."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._door.drain)
        self.force_exit = self.should_exit and sig == signal.SIGINT
        self.should_exit = True


#: mallopt's names (malloc.h) and what they are set to: a freed body's pages serve the next body.
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
KEPT_BYTES, MAPPED_BYTES = 256 << 20, 32 << 20


def keep_pages() -> None:
    """Let the allocator reuse the pages of bodies: each one mapped anew cost as much as its CRC."""
    if sys.platform == "linux":
        libc = ctypes.CDLL(None)
        if hasattr(libc, "mallopt"):  # glibc; musl has no such call and no such cost
            libc.mallopt(M_MMAP_THRESHOLD, MAPPED_BYTES)
            libc.mallopt(M_TRIM_THRESHOLD, KEPT_BYTES)


def main() -> int:
    """Run until stopped; 0 after a clean stop, 2 where a setting is wrong."""
    logs.start()
    keep_pages()
    try:
        settings = environ.read(os.environ)
    except Refused as refused:
        print(refused, file=sys.stderr)
        return 2
    door = Door()
    config = uvicorn.Config(
        door,
        host=settings.host,
        port=settings.door_port,
        http=Wire,  # type: ignore[arg-type]  # no Protocol by name, the same by its methods
        loop="asyncio",  # one buffer serves every connection, which other loops do not allow
        access_log=False,
        log_config=None,
        proxy_headers=False,
        server_header=False,
        lifespan="on",
        ws="none",
        timeout_keep_alive=30,
        timeout_graceful_shutdown=FINISH_S,
        limit_concurrency=4096,
        ssl_certfile=settings.tls_cert or None,
        ssl_keyfile=settings.tls_key or None,
    )
    server = DoorServer(config, door)
    server.run()
    return 0 if server.started else 2


if __name__ == "__main__":
    sys.exit(main())
