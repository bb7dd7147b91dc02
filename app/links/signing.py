"""Signatures of our own links: for one job and one moment, by a secret that only the service has."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from app.settings import Settings

_SECRET_BYTES: Final = 32
_FILE: Final = "link_secret"


class Signer:
    """Signs with the first secret and knows signatures of all, so that one can be replaced while links live."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._keys = tuple(keys)

    def sign(self, job_id: str, expires: int) -> str:
        """Return the signature of a link to the job's result that ends at `expires`, seconds since 1970."""
        return _signature(self._keys[0], job_id, expires)

    def holds(self, job_id: str, expires: int, signature: str) -> bool:
        """Return whether the signature is of this link; takes as long for one that nearly is."""
        sent = signature.encode()
        return any([hmac.compare_digest(_signature(key, job_id, expires).encode(), sent) for key in self._keys])  # noqa: C419


def _signature(key: bytes, job_id: str, expires: int) -> str:
    # Method and kind of address are part of it: no signature can ever be used for something else.
    text = f"GET\n/links\n{job_id}\n{expires}"
    return base64.urlsafe_b64encode(hmac.digest(key, text.encode(), hashlib.sha256)).decode().rstrip("=")


def signer_of(settings: Settings) -> Signer:
    """Return the signer with the secrets that are set, or with one of this data folder's own."""
    if settings.link_secret is None:
        return Signer([own_secret(settings.data)])
    given = (settings.link_secret, settings.link_secret_old)
    return Signer([secret.get_secret_value().encode() for secret in given if secret is not None])


def own_secret(folder: Path) -> bytes:
    """Return the secret that the processes of this data folder share; the first of them makes it."""
    path = folder / _FILE
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        _make(path)
    found = path.read_bytes()
    if len(found) < _SECRET_BYTES:  # whoever knows an empty one could sign
        raise RuntimeError(
            f"{path} is damaged: it has {len(found)} bytes of {_SECRET_BYTES}. Remove it, and a new one is made."
        )
    return found


def _make(path: Path) -> None:
    draft = path.with_name(f".{_FILE}-{os.getpid()}-{secrets.token_hex(4)}")
    draft.touch(mode=0o600)
    with draft.open("wb") as stream:
        stream.write(secrets.token_bytes(_SECRET_BYTES))
        stream.flush()
        os.fsync(stream.fileno())  # else a power failure may leave the name without the bytes
    with suppress(FileExistsError):
        os.link(draft, path)  # whoever is first wins, and everybody reads a whole one
    draft.unlink()
