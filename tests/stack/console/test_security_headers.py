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
