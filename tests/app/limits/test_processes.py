"""Four processes of the service and one Redis: exactly the limit passes, and no request fails when Redis dies."""

from __future__ import annotations

import collections
import json
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from app.database.migrate import migrate
from app.keys.store import create_key
from app.settings import Settings
from tests.app.conftest import TINY
from tests.app.limits.floods import FLOODS, decided_by_redis
from tests.app.processes import service, until
from tests.redis_server import redis_server

pytestmark = [pytest.mark.integration, pytest.mark.slow]


def ask(url: str, key: str | None = None) -> tuple[int, dict[str, Any]]:
    headers = {} if key is None else {"Authorization": f"Bearer {key}"}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=30) as answer:  # noqa: S310 - our own address
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def test_limit_is_one_for_all_processes_and_redis_may_come_and_go(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, generator=TINY)
    migrate(settings)
    keys = [create_key(settings, f"customer {number}")[1].text for number in range(2 * FLOODS + 1)]
    with redis_server(tmp_path) as redis:
        environment = {
            "PLAINVIEW_HOME": str(tmp_path),
            "PLAINVIEW_GPU": "off",
            "PLAINVIEW_PROCESSES": "4",
            "PLAINVIEW_REDIS_URL": redis.url,
            "PLAINVIEW_RATE_LIMITS": '{"classes": {"stats": "50/hour"}}',
        }
        with service(environment, tmp_path) as running:
            running.start("serve")
            until(lambda: ask(f"{running.url}/health/ready")[0] == 200)

            def flood(key: str) -> collections.Counter[int]:
                with ThreadPoolExecutor(16) as pool:
                    asked = pool.map(lambda _: ask(f"{running.url}/jobs", key)[0], range(200))
                    return collections.Counter(asked)

            def redis_is(status: str) -> bool:
                # Each process has a health of its own.
                seen = [ask(f"{running.url}/health")[1] for _ in range(20)]
                return all(health["components"]["redis"]["status"] == status for health in seen)

            assert decided_by_redis([running.url], lambda _: flood(keys.pop())) == {200: 50, 429: 150}
            redis.kill()
            without = flood(keys.pop())
            assert set(without) == {200, 429}
            assert 50 <= without[200] <= 200
            until(lambda: redis_is("degraded"))
            redis.start()
            until(lambda: redis_is("healthy"))
            assert decided_by_redis([running.url], lambda _: flood(keys.pop())) == {200: 50, 429: 150}
