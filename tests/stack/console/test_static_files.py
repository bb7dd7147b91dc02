"""The page: types, caching, addresses that the page draws itself, and nothing from outside its folder."""

import pytest

from stack.console import static_files


@pytest.fixture
def static(tmp_path, monkeypatch):
    folder = tmp_path / "static"
    (folder / "vendor").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>page</title>")
    (folder / "main.js").write_text("export {};")
    (folder / "vendor" / "echarts.esm.min.mjs").write_text("export {};")
    (tmp_path / "secret.json").write_text("{}")
    (folder / "leak.json").symlink_to(tmp_path / "secret.json")
    monkeypatch.setattr(static_files, "STATIC", folder)
    return folder


@pytest.mark.parametrize(
    ("path", "type_"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/index.html", "text/html; charset=utf-8"),
        ("/main.js", "text/javascript; charset=utf-8"),
        ("/vendor/echarts.esm.min.mjs", "text/javascript; charset=utf-8"),
    ],
)
async def test_files_have_types_that_browsers_run(visitor, static, path, type_):
    answer = await visitor.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (200, type_)
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "path", ["/d/plainview-jobs", "/trace/abc", "/alerts", "/runbooks/ServiceDown", "/sign-in", "/traces"]
)
async def test_addresses_that_the_page_draws_get_the_page(visitor, static, path):
    assert (await visitor.get(path)).text == "<!doctype html><title>page</title>"


async def test_unchanged_file_is_not_sent_again_and_a_changed_one_is(visitor, static):
    first = await visitor.get("/main.js")
    assert first.headers["cache-control"] == "no-cache"
    again = await visitor.get("/main.js", headers={"if-none-match": f'"other", W/{first.headers["etag"]}'})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    (static / "main.js").write_text("export const changed = 1;")
    changed = await visitor.get("/main.js", headers={"if-none-match": first.headers["etag"]})
    assert (changed.status_code, changed.text) == (200, "export const changed = 1;")


async def test_vendored_files_are_kept_for_a_day(visitor, static):
    answer = await visitor.get("/vendor/echarts.esm.min.mjs")
    assert answer.headers["cache-control"] == "public, max-age=86400"


async def test_head_has_no_body(visitor, static):
    answer = await visitor.head("/main.js")
    assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize(
    "path", ["/missing.js", "/vendor/missing.mjs", "/..%2fsecret.json", "/%2e%2e/secret.json", "/leak.json", "/health/other", "/api"]
)  # fmt: skip
async def test_what_is_not_there_is_a_problem(visitor, static, path):
    answer = await visitor.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


async def test_other_methods_are_refused(visitor, static):
    answer = await visitor.put("/main.js")
    assert answer.status_code == 405
    assert answer.json()["code"] == "method_not_allowed"


@pytest.mark.parametrize("path", ["/%00.js", f"/{'a' * 5000}.js", f"/{'a/' * 3000}b.js", "/%ff%fe.js"])
async def test_name_that_no_file_can_have_is_not_found(visitor, path):
    answer = await visitor.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert len(answer.text) < 1000
