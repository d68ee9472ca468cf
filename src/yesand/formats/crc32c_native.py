"""CRC32C by Google's compiled version, where it is installed; loads nothing else.

crc32c.py takes this one or its tables. The door takes it from here, so that a start after a kill
does not wait for numpy.
"""

from __future__ import annotations

from typing import Any

#: Bytes copied at once for the compiled version.
COPIED = 1 << 16

_compiled: Any = None
try:
    import google_crc32c
except ImportError:
    pass  # the base install
else:
    if google_crc32c.implementation == "c":
        _compiled = google_crc32c


def present() -> bool:
    """Whether the compiled version is installed."""
    return _compiled is not None


def crc32c(data: bytes | bytearray | memoryview) -> int:
    """CRC32C of bytes as an unsigned 32-bit number; only where `present()`."""
    if isinstance(data, bytes):
        return int(_compiled.value(data))
    # It reads bytes alone: copied in pieces that stay in the processor's cache.
    view, register = memoryview(data).cast("B"), 0
    for start in range(0, len(view), COPIED):
        register = _compiled.extend(register, bytes(view[start : start + COPIED]))
    return int(register)
