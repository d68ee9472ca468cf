"""The door's own server: sockets that listen, one `Wire` a connection, a clean stop.

A general server would do the same and load four times as much before it listens; after a kill
that is what every stream waits for. The application is plain ASGI and runs under any other one.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import socket
import ssl
from collections.abc import Sequence

from yesand.infra.environ import Settings
from yesand.web.doors.app import Door
from yesand.web.doors.wire import Serving, Wire

log = logging.getLogger("yesand.door")

#: Seconds that running requests get after the last body was cut short.
FINISH_S = 5.0
#: Seconds between two looks at who is still there.
LOOK_S = 0.05
CONNECTIONS = 4096
KEEP_S = 30.0


class DoorServer:
    """One door on sockets that listen already."""

    def __init__(self, door: Door, sockets: Sequence[socket.socket], settings: Settings) -> None:
        self._door, self._sockets = door, sockets
        self._tls = _tls(settings)
        self._serving = Serving(door, CONNECTIONS, KEEP_S)
        self._asked = False
        #: A second Ctrl-C: nobody is waited for.
        self._now = False

    async def run(self) -> None:
        """Serve until SIGTERM or SIGINT. Raises Refused where the door cannot open."""
        stopping = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop, number, stopping)
        await self._door.open()
        servers = [
            await loop.create_server(lambda: Wire(self._serving), sock=one, ssl=self._tls)
            for one in self._sockets
        ]
        await stopping.wait()
        for server in servers:
            server.close()
        for connection in list(self._serving.connections):
            connection.shutdown()
        await self._finish()
        await self._door.close()

    def _stop(self, number: int, stopping: asyncio.Event) -> None:
        """Drain, then stop; a second Ctrl-C does not wait."""
        self._door.drain()
        self._now = self._asked and number == signal.SIGINT
        self._asked = True
        stopping.set()

    async def _finish(self) -> None:
        """Wait until every request is answered and its answer is out, for a while."""
        serving = self._serving
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(FINISH_S):
                while (serving.connections or serving.tasks) and not self._now:
                    await asyncio.sleep(LOOK_S)
        if serving.tasks:
            log.error("%d requests were not finished in time", len(serving.tasks))
        for task in list(serving.tasks):
            task.cancel()


def _tls(settings: Settings) -> ssl.SSLContext | None:
    if not settings.tls_cert:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(settings.tls_cert, settings.tls_key or None)
    return context


def serve(sockets: Sequence[socket.socket], settings: Settings) -> None:
    """Serve the door on these sockets until a signal. Raises Refused where it cannot open."""
    # One buffer serves every connection, which other loops than asyncio's own do not allow.
    asyncio.run(DoorServer(Door(), sockets, settings).run())
