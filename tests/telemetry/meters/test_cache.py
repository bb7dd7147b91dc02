"""`CacheMeter` around a real cache: least recently used, bounded, in the process."""

from collections import OrderedDict

import pytest

from telemetry.meters import CacheMeter


class Cache:
    """A small cache of the kind that apps write."""

    def __init__(self, name: str, most: int) -> None:
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._most = most
        self.storage_is_away = False
        self.meter = CacheMeter(
            name, entries=lambda: len(self._kept), size_bytes=lambda: sum(map(len, self._kept.values()))
        )

    def get(self, key):
        with self.meter.operation("get"):
            if self.storage_is_away:
                raise ConnectionRefusedError
            found = self._kept.get(key)
        self.meter.found(found is not None)
        if found is not None:
            self._kept.move_to_end(key)
        return found

    def put(self, key, value):
        with self.meter.operation("set"):
            self._kept[key] = value
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
                self.meter.evicted()


def test_a_cache_shows_hits_misses_evictions_entries_and_size(value):
    cache = Cache("pictures", most=2)
    for name in ("hit", "miss", "error"):
        assert value("cache_lookups_total", cache="pictures", outcome=name) == 0
    cache.get("a")
    for key in "abc":
        cache.put(key, b"12345")
    assert cache.get("c") == b"12345"
    assert cache.get("a") is None
    assert value("cache_lookups_total", cache="pictures", outcome="hit") == 1
    assert value("cache_lookups_total", cache="pictures", outcome="miss") == 2
    assert value("cache_evictions_total", cache="pictures") == 1
    assert value("cache_entries", cache="pictures") == 2
    assert value("cache_size_bytes", cache="pictures") == 10
    assert value("cache_operation_duration_seconds_count", cache="pictures", operation="get") == 3
    assert value("cache_operation_duration_seconds_count", cache="pictures", operation="set") == 3


def test_a_cache_that_is_away_counts_errors_and_raises_as_before(value):
    cache = Cache("pictures", most=2)
    cache.storage_is_away = True
    with pytest.raises(ConnectionRefusedError):
        cache.get("a")
    errors = {"cache": "pictures", "operation": "get", "error_type": "ConnectionRefusedError"}
    assert value("cache_errors_total", **errors) == 1
    assert value("cache_lookups_total", cache="pictures", outcome="error") == 1
    assert value("cache_lookups_total", cache="pictures", outcome="miss") == 0


def test_a_cache_without_readings_has_no_gauges(value):
    CacheMeter("nameless")
    assert value("cache_entries", cache="nameless") is None
    assert value("cache_size_bytes", cache="nameless") is None
