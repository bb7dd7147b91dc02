import pytest


@pytest.mark.parametrize(
    "path", ["/", "/api/session", "/api/dashboards", "/nothing.js", "/health/live", "/sign-in?token=x"]
)
async def test_every_answer_tells_browsers_what_the_page_may_do(visitor, path):
    headers = (await visitor.get(path)).headers
    policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'self'"
    assert "script-src" not in policy
    assert policy["frame-ancestors"] == policy["object-src"] == "'none'"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert "server" not in headers


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://127.0.0.1:3000"},  # another port has the same cookies
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
async def test_page_of_another_site_changes_nothing(visitor, headers):
    for path in ("/api/sign-in", "/api/sign-out", "/api/prometheus/api/v1/query"):
        answer = await visitor.post(path, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "other_site")


@pytest.mark.parametrize("headers", [{}, {"origin": "http://127.0.0.1:8080", "sec-fetch-site": "same-origin"}])
async def test_own_pages_and_programs_do(visitor, headers):
    assert (await visitor.post("/api/sign-out", headers=headers)).status_code == 200


async def test_endless_sign_in_is_refused_before_it_is_read(visitor):
    answer = await visitor.post("/api/sign-in", content=bytes(3_000_000), headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")

    async def endless():
        while True:
            yield bytes(100_000)

    answer = await visitor.post("/api/sign-in", content=endless(), headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
