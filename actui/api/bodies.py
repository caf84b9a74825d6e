"""Read the body of an answer piece by piece, with a limit that also holds for unpacked bytes."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import httpx

ENCODINGS = "gzip, deflate"
"""The encodings that actui asks for: those that can be unpacked piece by piece."""
_GZIP = zlib.MAX_WBITS | 16
_ZLIB_HEADER = 2


@dataclass(frozen=True, slots=True)
class Body:
    """The bytes of an answer; `is_whole` is False if there were more than the limit."""

    content: bytes
    is_whole: bool = True


async def read_body(response: httpx.Response, most: int) -> Body:
    """At most `most` bytes of the unpacked body; reading stops as soon as there are more.

    Raises httpx.DecodingError if the body cannot be unpacked, and what the transport raises.
    """
    unpack = _unpacker(response)
    taken = bytearray()
    async for packed in response.stream:  # type: ignore[union-attr]
        for piece in unpack.pieces(packed, most):
            taken += piece
            if len(taken) > most:
                return Body(b"", is_whole=False)
    return Body(bytes(taken))


def _unpacker(response: httpx.Response) -> _Plain | _Packed:
    named = response.headers.get("Content-Encoding", "").strip().lower()
    if named in ("", "identity"):
        return _Plain()
    if named in ("gzip", "x-gzip"):
        return _Packed(_GZIP)
    if named == "deflate":
        return _Packed(None)
    raise httpx.DecodingError("an encoding that was not asked for")


class _Plain:
    def pieces(self, packed: bytes, most: int) -> Iterator[bytes]:
        yield packed


class _Packed:
    """Unpacks gzip, also with several members, and deflate; `wbits` None detects which deflate."""

    def __init__(self, wbits: int | None) -> None:
        self._wbits = wbits
        self._stream = zlib.decompressobj(wbits or zlib.MAX_WBITS)
        self._head = b""

    def pieces(self, packed: bytes, most: int) -> Iterator[bytes]:
        """The unpacked bytes of a piece of the body, at most `most` + 1 at a time."""
        if self._wbits is None:
            packed = self._head = self._head + packed
            if len(packed) < _ZLIB_HEADER:
                return
            # some servers call a bare stream deflate (RFC 9110, section 8.4.1.2, note)
            self._wbits = zlib.MAX_WBITS if _has_zlib_header(packed) else -zlib.MAX_WBITS
            self._stream = zlib.decompressobj(self._wbits)
        while packed:
            if self._stream.eof:
                self._stream = zlib.decompressobj(self._wbits)
            try:
                yield self._stream.decompress(packed, most + 1)
            except zlib.error:
                raise httpx.DecodingError("the compressed body is broken") from None
            packed = self._stream.unconsumed_tail or self._stream.unused_data


def _has_zlib_header(packed: bytes) -> bool:
    """Whether these bytes begin as RFC 1950 says: the method is deflate and the check holds."""
    return packed[0] & 15 == zlib.DEFLATED and (packed[0] * 256 + packed[1]) % 31 == 0
