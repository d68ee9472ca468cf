"""Serve the door: `python -m yesand.web.doors`. SIGTERM and SIGINT stop it cleanly.

It listens before it loads what it serves with: whoever comes back in that tenth of a second waits
in the socket's queue instead of being turned away to a retry that may be seconds off.
"""

from __future__ import annotations

import ctypes
import os
import socket
import sys

from yesand.infra import environ
from yesand.kit.errors import Refused, refuse
from yesand.web.doors.limits import read_limits

#: Connections that may wait to be taken.
QUEUE = 2048
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


def listen(host: str, port: int) -> list[socket.socket]:
    """One listening socket for each address of `host`. Raises Refused where none can be had."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise refuse(
            "bad_setting", f"This machine has no {host!r}: {error}", "YESAND_HOST"
        ) from None
    sockets: list[socket.socket] = []
    for family, _, _, _, address in dict.fromkeys(found):
        try:
            one = socket.create_server(address[:2], family=family, backlog=QUEUE)
        except OSError as error:
            if family == socket.AF_INET6 and sockets:
                continue  # a name with an address of a family this machine does not speak
            says = f"The door cannot listen on {host} port {port}: {error.strerror}."
            raise refuse("port_taken", says, "YESAND_DOOR_PORT") from None
        one.setblocking(False)
        sockets.append(one)
    return sockets


def main() -> int:
    """Run until stopped; 0 after a clean stop, 2 where a setting is wrong."""
    try:
        settings = environ.read(os.environ)
        read_limits(os.environ)  # a wrong one stops the start before anybody is let in
        sockets = listen(settings.host, settings.door_port)
        # Loaded while the first connections already wait, see above.
        from yesand.infra import logs  # noqa: PLC0415
        from yesand.web.doors.server import serve  # noqa: PLC0415

        logs.start()
        keep_pages()
        serve(sockets, settings)
    except Refused as refused:
        print(refused, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
