"""RunPod's billing API, both generations.

v1 (rest.runpod.io/v1): `GET /billing/pods` and `/billing/endpoints`, arrays of `{amount, time, ...}` in which every
field may be missing. v2 (api.runpod.io/v2): `GET /billing/pods` and `/billing/serverless`, `{"records": [{startTime,
totalAmount, ...}]}`. What v1 calls endpoints is serverless in v2; v2's own `endpoints` are somebody else's public ones.
The newest hour keeps changing for some minutes, as RunPod charges every five.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Final, Literal

import httpx
from pydantic import SecretStr

from app.billing.provider import BillUnreadable, Charge

Generation = Literal["v1", "v2"]
ADDRESSES: Final[Mapping[Generation, str]] = {
    "v1": "https://rest.runpod.io/v1",
    "v2": "https://api.runpod.io/v2",
}
_TIMEOUT: Final = httpx.Timeout(20.0, connect=5.0)
_LARGEST: Final = 16 * 1024 * 1024
_UNAUTHORIZED: Final = frozenset({401, 403})
_TOO_MANY: Final = 429
_OK: Final = 200


class RunPod:
    """Reads the charges for pods and for serverless workers; lives as long as the service."""

    name = "runpod"

    def __init__(
        self, key: SecretStr, *, generation: Generation = "v1", address: str | None = None, resource: str | None = None
    ) -> None:
        self._key = key
        self._generation: Generation = generation
        self._address = (address or ADDRESSES[generation]).rstrip("/")
        self._resource = resource

    async def charges(self, since: datetime, until: datetime) -> Sequence[Charge]:
        # The key travels in a header: RunPod's GraphQL would have it in the address, where logs and spans show it.
        headers = {"Authorization": f"Bearer {self._key.get_secret_value()}", "Accept": "application/json"}
        async with httpx.AsyncClient(headers=headers, timeout=_TIMEOUT, follow_redirects=False) as client:
            answers = await asyncio.gather(
                *(self._get(client, path, parameters, since, until) for path, parameters in self._questions())
            )
        return [charge for answer in answers for charge in self._read(answer)]

    def _questions(self) -> Iterator[tuple[str, dict[str, str]]]:
        serverless, key = ("endpoints", "endpointId") if self._generation == "v1" else ("serverless", "serverlessId")
        if self._resource is None:
            yield "pods", {}
            yield serverless, {}
            return
        kind, _, identifier = self._resource.partition(":")
        yield ("pods", {"podId": identifier}) if kind == "pod" else (serverless, {key: identifier})

    async def _get(
        self, client: httpx.AsyncClient, path: str, parameters: dict[str, str], since: datetime, until: datetime
    ) -> Any:
        asked = {"startTime": _stamp(since), "endTime": _stamp(until), "bucketSize": "hour", **parameters}
        where = f"{self._address}/billing/{path}"
        try:
            async with client.stream("GET", where, params=asked) as answer:
                content = await _content(answer, where)
        except httpx.TimeoutException as error:
            raise BillUnreadable("timeout", f"{where} did not answer in time") from error
        except httpx.HTTPError as error:
            raise BillUnreadable("unreachable", f"{where}: {type(error).__name__}: {error}") from error
        try:
            return json.loads(content, parse_float=Decimal)
        except ValueError as error:
            raise BillUnreadable("answer_not_understood", f"{where} did not answer with JSON") from error

    def _read(self, answer: Any) -> Iterator[Charge]:
        amount, start = ("amount", "time") if self._generation == "v1" else ("totalAmount", "startTime")
        records = answer if self._generation == "v1" else answer.get("records") if isinstance(answer, dict) else None
        if not isinstance(records, list):
            raise BillUnreadable(
                "answer_not_understood", f"RunPod's {self._generation} answer holds no list of charges"
            )
        for record in records:
            if not isinstance(record, dict):
                raise BillUnreadable("answer_not_understood", f"a charge is no object but {type(record).__name__}")
            # Nothing charged may be left out. An amount without its time belongs nowhere: better no bill than half.
            if record.get(amount) is not None:
                yield Charge(_moment(record.get(start)), _usd(record[amount]))


async def _content(answer: httpx.Response, where: str) -> bytes:
    code = answer.status_code
    if code == _OK:
        content = bytearray()
        async for part in answer.aiter_bytes():
            content += part
            if len(content) > _LARGEST:
                raise BillUnreadable("answer_not_understood", f"{where} answered with more than {_LARGEST} bytes")
        return bytes(content)
    if code in _UNAUTHORIZED:
        raise BillUnreadable("key_refused", f"{where} answered {code}: the key is wrong or lacks the billing scope")
    if code == _TOO_MANY:
        raise BillUnreadable("rate_limited", f"{where} answered 429", _retry_after(answer))
    raise BillUnreadable("provider_error", f"{where} answered {code}", _retry_after(answer))


def _retry_after(answer: httpx.Response) -> timedelta | None:
    text = answer.headers.get("retry-after", "")
    return timedelta(seconds=min(int(text), 86_400)) if text.isascii() and text.isdigit() else None


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _moment(text: Any) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except (TypeError, ValueError) as error:
        raise BillUnreadable("answer_not_understood", f"a charge has no time that can be read: {text!r:.60}") from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _usd(value: Any) -> Decimal:
    try:
        usd = Decimal(value) if not isinstance(value, bool) else None
    except (InvalidOperation, TypeError, ValueError):
        usd = None
    if usd is None or not usd.is_finite():
        raise BillUnreadable("answer_not_understood", f"a charge has an amount that is no number: {value!r:.60}")
    return usd
