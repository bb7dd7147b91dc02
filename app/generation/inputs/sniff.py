"""Tells what a file is from its first bytes."""

from __future__ import annotations

from typing import Final

HEAD_BYTES: Final = 64

# Offset, bytes, name. What is not usable is here too, so that the answer can say what was sent.
_SIGNATURES: Final = (
    (0, b"\xff\xd8\xff", "JPEG"),
    (0, b"\x89PNG\r\n\x1a\n", "PNG"),
    (0, b"fLaC", "FLAC"),
    (0, b"OggS", "OGG"),
    (4, b"ftypheic", "HEIC picture"),
    (4, b"ftypheix", "HEIC picture"),
    (4, b"ftypavif", "AVIF picture"),
    (4, b"ftyp", "M4A"),
    (0, b"ID3", "MP3"),
    (0, b"GIF8", "GIF"),
    (0, b"BM", "BMP picture"),
    (0, b"II*\x00", "TIFF picture"),
    (0, b"MM\x00*", "TIFF picture"),
    (0, b"\x1a\x45\xdf\xa3", "WebM or Matroska video"),
    (0, b"%PDF", "PDF"),
    (0, b"PK\x03\x04", "ZIP archive"),
    (0, b"\x1f\x8b", "gzip archive"),
    (0, b"\x7fELF", "program"),
    (0, b"<!DOCTYPE", "HTML"),
    (0, b"<!doctype", "HTML"),
    (0, b"<html", "HTML"),
    (0, b"<svg", "SVG"),
    (0, b"<?xml", "XML"),
    (0, b"{", "JSON or text"),
)
_RIFF: Final = {b"WEBP": "WebP", b"WAVE": "WAV", b"AVI ": "AVI video"}
_MPEG_SYNC: Final = 0xFFE0
_MPEG_LAYER_MASK: Final = 0x0006


def sniff(head: bytes) -> str:
    """Return the name of the format that `head`, the first bytes of a file, begins."""
    if head.startswith((b"RIFF", b"RF64")):
        return _RIFF.get(head[8:12], "RIFF file of another kind")
    for offset, signature, name in _SIGNATURES:
        if head.startswith(signature, offset):
            return name
    stripped = head.lstrip()[:9].lower()
    if stripped.startswith((b"<!doctype", b"<html")):
        return "HTML"
    first = int.from_bytes(head[:2], "big")
    # An MPEG audio frame: eleven bits of sync; layer bits 00 would be AAC in ADTS, which this check does not mean.
    if first & _MPEG_SYNC == _MPEG_SYNC and first & _MPEG_LAYER_MASK:
        return "MP3"
    if _is_text(head):
        return "text"
    return f"unknown data (begins with {head[:8].hex(' ')})"


def _is_text(head: bytes) -> bool:
    try:
        text = head.decode()
    except UnicodeDecodeError as error:
        if error.start == 0 or error.start < len(head) - 3:  # the last character may be cut
            return False
        text = head[: error.start].decode()
    return bool(text) and all(character.isprintable() or character in "\n\r\t" for character in text)
