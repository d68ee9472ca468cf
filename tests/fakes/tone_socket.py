"""The same model behind a WebSocket, as a lab's process would be: docs/engineer/models.md."""

from __future__ import annotations

import asyncio
import json
import struct

import numpy as np
import websockets

from tests.fakes.echo_player import FRAME, Tone


async def serve(socket: websockets.ServerConnection, tone: Tone) -> None:
    async for message in socket:
        if isinstance(message, str):
            body = json.loads(message)
            tone.told(body.pop("type"), body)
            continue
        (at,) = struct.unpack_from("<d", message)
        frame = np.frombuffer(message, "<i2", offset=8)
        assert len(frame) == FRAME
        await socket.send(tone.hear(frame, at).tobytes())
        for text in tone.lines():
            await socket.send(json.dumps({"type": "line", "text": text}))


async def listening(tone: Tone) -> tuple[websockets.Server, str]:
    """A server on a free port of this machine, and its address."""
    server = await websockets.serve(lambda socket: serve(socket, tone), "127.0.0.1", 0)
    port = next(iter(server.sockets)).getsockname()[1]
    return server, f"ws://127.0.0.1:{port}"


async def main() -> None:
    server, address = await listening(Tone())
    print(address, flush=True)
    await server.wait_closed()


if __name__ == "__main__":
    asyncio.run(main())
