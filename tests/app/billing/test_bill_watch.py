"""The bill as series: current, stale, failing, and across midnight."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from pydantic import SecretStr

from app.application import create_app
from app.billing import watch as watching
from app.billing.provider import BillUnreadable, Charge
from app.billing.watch import BillWatch
from app.settings import Settings
from telemetry import Telemetry
from tests.app.billing.runpod import KEY, running
from tests.app.conftest import client_of

NOW = datetime(2026, 11, 22, 12, 30, tzinfo=UTC)


class Provider:
    """Answers with what it was given; an exception is raised."""

    name = "test"

    def __init__(self, *answers: Sequence[Charge] | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[datetime, datetime]] = []

    async def charges(self, since: datetime, until: datetime) -> Sequence[Charge]:
        self.asked.append((since, until))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


class Clock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """The time of day; its last entry is now."""
    times = [NOW]
    monkeypatch.setattr(watching, "utc_now", lambda: times[-1])
    return times


def watch_of(telemetry: Telemetry, provider: Provider, clock: Clock, zone: str = "UTC") -> BillWatch:
    watch = BillWatch(provider, ZoneInfo(zone), timedelta(minutes=5), telemetry, clock)
    telemetry.register(watch)
    return watch


def bill(telemetry: Telemetry, period: str) -> float | None:
    return telemetry.registry.get_sample_value("provider_bill_usd", {"provider": "test", "period": period})


async def test_charges_are_summed_by_calendar_day_and_month_of_the_zone(
    telemetry: Telemetry, wall: list[datetime]
) -> None:
    charges = [
        Charge(datetime(2026, 11, 22, 9, tzinfo=UTC), Decimal("0.1")),
        Charge(datetime(2026, 11, 21, 23, tzinfo=UTC), Decimal("0.2")),  # in Amsterdam the 22nd began then
        Charge(datetime(2026, 11, 21, 22, tzinfo=UTC), Decimal("0.7")),
    ]
    provider = Provider(charges)
    await watch_of(telemetry, provider, Clock(), "Europe/Amsterdam").look()
    assert bill(telemetry, "day") == pytest.approx(0.3)
    assert bill(telemetry, "month") == pytest.approx(1.0)
    assert provider.asked == [(datetime(2026, 10, 31, 23, tzinfo=UTC), NOW)]


async def test_provider_is_asked_once_per_interval(telemetry: Telemetry, wall: list[datetime]) -> None:
    clock, provider = Clock(), Provider([], [])
    watch = watch_of(telemetry, provider, clock)
    for seconds in (0.0, 5.0, 299.0, 300.0, 301.0):
        clock.seconds = seconds
        await watch.look()
    assert len(provider.asked) == 2


async def test_failing_provider_is_asked_less_and_less_often(telemetry: Telemetry, wall: list[datetime]) -> None:
    clock, provider = Clock(), Provider(*[BillUnreadable("provider_error", "500")] * 8)
    watch = watch_of(telemetry, provider, clock)
    asked_at = []
    for seconds in range(0, 4 * 3600, 60):
        clock.seconds = seconds
        before = len(provider.asked)
        await watch.look()
        if len(provider.asked) > before:
            asked_at.append(seconds)
    pauses = [after - before for before, after in pairwise(asked_at)]
    assert pauses == [600, 1200, 2400, 3600, 3600]
    labels = {"provider": "test", "reason": "provider_error"}
    assert telemetry.registry.get_sample_value("provider_bill_errors_total", labels) == 6
    assert bill(telemetry, "day") is None


async def test_fault_that_nobody_foresaw_does_not_have_the_provider_asked_all_the_time(
    telemetry: Telemetry, wall: list[datetime]
) -> None:
    clock, provider = Clock(), Provider(RecursionError("JSON without end"), [])
    watch = watch_of(telemetry, provider, clock)
    with pytest.raises(RecursionError):
        await watch.look()
    asked = []
    for clock.seconds in (5.0, 299.0, 300.0):
        await watch.look()
        asked.append(len(provider.asked))
    assert (asked, bill(telemetry, "day")) == ([1, 1, 2], 0)


async def test_what_the_provider_asks_for_is_kept_to(telemetry: Telemetry, wall: list[datetime]) -> None:
    clock, provider = Clock(), Provider(BillUnreadable("rate_limited", "429", timedelta(hours=2)), [])
    watch = watch_of(telemetry, provider, clock)
    for seconds in (0.0, 7199.0, 7200.0):
        clock.seconds = seconds
        await watch.look()
    assert len(provider.asked) == 2
    assert bill(telemetry, "day") == 0


async def test_bill_that_grew_old_is_shown_no_more(telemetry: Telemetry, wall: list[datetime]) -> None:
    await watch_of(telemetry, Provider([]), Clock()).look()
    wall.append(NOW + timedelta(hours=3, seconds=1))
    assert bill(telemetry, "day") is None
    read_at = telemetry.registry.get_sample_value("provider_bill_last_success_timestamp_seconds", {"provider": "test"})
    assert read_at == pytest.approx(NOW.timestamp())


async def test_yesterdays_figure_is_no_figure_of_today(telemetry: Telemetry, wall: list[datetime]) -> None:
    wall.append(datetime(2026, 11, 22, 23, 58, tzinfo=UTC))
    await watch_of(telemetry, Provider([]), Clock()).look()
    wall.append(datetime(2026, 11, 23, 0, 1, tzinfo=UTC))
    assert bill(telemetry, "day") is None
    assert bill(telemetry, "month") == 0


async def test_service_shows_the_bill_on_its_metrics(settings: Settings, telemetry: Telemetry) -> None:
    with running() as server:
        hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
        server.bodies = {"/billing/pods": [{"amount": 4.5, "time": hour.isoformat()}], "/billing/endpoints": []}
        changes = {"bill_provider": "runpod", "runpod_api_key": SecretStr(KEY), "runpod_url": server.url}
        text = ""
        async with client_of(create_app(settings.model_copy(update=changes), telemetry)) as client:
            while 'provider_bill_usd{period="day",provider="runpod"} 4.5' not in text:
                text = (await client.get("/metrics")).text
    assert KEY not in text
