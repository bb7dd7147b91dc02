import pytest

from telemetry.serving.hosts import KnownHosts


@pytest.mark.parametrize(
    ("host", "known"),
    [
        ("127.0.0.1:8080", True),
        ("localhost", True),
        ("LOCALHOST:8080", True),
        ("plainview.localhost", True),
        ("[::1]:8080", True),
        ("192.168.1.4", True),
        ("plainview.example", True),
        ("Plainview.Example.:443", True),
        ("evil.example", False),
        ("localhost.evil.example", False),
        ("127.0.0.1.evil.example", False),
        ("plainview.example@evil.example", False),
        ("plainview.example/evil.example", False),
        ("[::1", False),
        ("", False),
    ],
)
def test_names_that_are_answered_to(host, known):
    assert KnownHosts(None, ["plainview.example"], None).knows(host) is known


async def test_page_under_a_foreign_name_cannot_reach_the_console(visitor):
    answer = await visitor.get("/api/session", headers={"host": "evil.example"})
    assert answer.status_code == 421
    assert answer.json()["code"] == "host_not_allowed"
    assert "frame-ancestors" in answer.headers["content-security-policy"]


async def test_configured_names_are_answered_to(open_console):
    async with open_console(
        console_url="https://plainview.example", console_hosts="other.example, third.example"
    ) as client:
        for host in ("plainview.example", "other.example", "third.example"):
            assert (await client.get("/api/session", headers={"host": host})).status_code == 200


async def test_probes_and_scrapes_work_under_the_name_of_a_container(visitor):
    for path in ("/health/live", "/health/ready", "/metrics"):
        assert (await visitor.get(path, headers={"host": "console:8080"})).status_code == 200
