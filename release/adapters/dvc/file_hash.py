"""MD5 hashes by which DVC names file contents. Source: dvc_data/hashfile/hash.py and istextfile.py."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from release.core.pointers.pointer import Layout
from release.system.files import open_regular

_PIECE_BYTES = 1 << 20  # part of the old hash's definition: each piece is text or binary by itself
_PROBE_BYTES = 512
_TEXT_CHARACTERS = bytes(range(32, 127)) + b"\n\r\t\f\b"


def hash_file(path: Path, layout: Layout, on_bytes: Callable[[int], None]) -> str:
    """Return the content's MD5 (hex); for DVC 2 pointers, text is hashed with Unix line ends. Raises OSError."""
    with open_regular(path) as file:
        return hash_pieces(iter(lambda: file.read(_PIECE_BYTES), b""), layout, on_bytes)


def hash_pieces(pieces: Iterable[bytes], layout: Layout, on_bytes: Callable[[int], None]) -> str:
    """Hash content that comes in pieces of any size, as `hash_file`."""
    hasher = hashlib.md5(usedforsecurity=False)
    for piece in pieces if layout is not Layout.LEGACY else _reblocked(pieces):
        if layout is Layout.LEGACY and _is_text(piece[:_PROBE_BYTES]):
            hasher.update(piece.replace(b"\r\n", b"\n"))
        else:
            hasher.update(piece)
        on_bytes(len(piece))
    return hasher.hexdigest()


def _reblocked(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the same bytes in pieces of the size that the old hash uses."""
    kept = bytearray()
    for piece in pieces:
        kept += piece
        while len(kept) >= _PIECE_BYTES:
            yield bytes(kept[:_PIECE_BYTES])
            del kept[:_PIECE_BYTES]
    if kept:
        yield bytes(kept)


def _is_text(block: bytes) -> bool:
    if b"\0" in block:
        return False
    return len(block.translate(None, _TEXT_CHARACTERS)) / len(block) <= 0.30
