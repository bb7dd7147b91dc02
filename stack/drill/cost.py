"""`drill cost`: real jobs cost more than a tiny budget allows."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from stack.drill.errors import DrillFailed
from stack.drill.scenario import Fault
from stack.drill.stand import Stand
from stack.paths import PROJECT

_TINY_BUDGET: Final = Decimal("0.01")
# At the price of a real card the sample costs so little that the alert would read $0.00.
_PRICE: Final = Decimal("0.10")
_AMPLE_BUDGET: Final = Decimal(10)
_SAMPLES: Final = PROJECT / "app" / "samples"
_LONGEST_JOB: Final = 120.0
_PAUSE: Final = 0.25
_ENDED: Final = frozenset({"succeeded", "failed", "cancelled"})


class Cost:
    """More spent today than the day's budget, by a job that really ran and was metered."""

    name = "cost"
    alert = "CostDayOverBudget"
    story = (
        f"Sets today's budget to ${_TINY_BUDGET}, the price to ${_PRICE:.2f} a second, and runs the sample portrait: "
        "its metered cost exceeds the budget."
    )
    variables: Final[Mapping[str, str]] = MappingProxyType({"PLAINVIEW_GPU_PRICE_USD_PER_SECOND": str(_PRICE)})

    @asynccontextmanager
    async def prepare(self, stand: Stand) -> AsyncIterator[Fault]:
        async with AsyncExitStack() as api:
            await api.enter_async_context(stand.serving(_budget(_TINY_BUDGET)))
            yield _OverBudget(stand, api)


class _OverBudget:
    def __init__(self, stand: Stand, api: AsyncExitStack) -> None:
        self._stand, self._api = stand, api

    async def begin(self) -> str:
        job = await self._submit()
        deadline = time.monotonic() + _LONGEST_JOB
        while (state := await self._state(job))["status"] not in _ENDED:
            if time.monotonic() > deadline:
                raise DrillFailed(f"not within {_LONGEST_JOB:.0f} s: the sample job's end", ("worker",))
            await asyncio.sleep(_PAUSE)
        if state["status"] != "succeeded":
            raise DrillFailed(f"the sample job {state['status']}: {state.get('error')}", ("worker", "api"))
        return f"job {job} ran on {state['device']} for {state['gpu_seconds']:.1f} s and cost ${Decimal(str(state['cost_usd'])):.2f}"

    async def mend(self) -> str:
        await self._api.aclose()
        await self._api.enter_async_context(self._stand.serving(_budget(_AMPLE_BUDGET)))
        return f"api started again with a budget of ${_AMPLE_BUDGET:.2f}"

    async def _submit(self) -> str:
        files = {
            "image": ("portrait.jpg", (_SAMPLES / "portrait.jpg").read_bytes(), "image/jpeg"),
            "audio": ("speech.wav", (_SAMPLES / "speech.wav").read_bytes(), "audio/wav"),
        }
        url = f"{self._stand.api}/generate"
        prompt, anew = "A person speaks to the camera.", {"Cache-Control": "no-cache"}
        answer = await self._stand.client.post(url, files=files, data={"prompt": prompt}, headers=anew)
        if answer.is_error:
            raise DrillFailed(f"the sample job was refused: {answer.status_code} {answer.text}", ("api",))
        return str(answer.json()["job_id"])

    async def _state(self, job: str) -> dict[str, object]:
        answer = await self._stand.client.get(f"{self._stand.api}/status/{job}")
        answer.raise_for_status()
        state: dict[str, object] = answer.json()
        return state


def _budget(usd: Decimal) -> dict[str, str]:
    return {"PLAINVIEW_BUDGET_DAY_USD": f"{usd:f}"}
