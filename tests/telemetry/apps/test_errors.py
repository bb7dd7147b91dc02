"""What is wrong with an app is said in its author's words, before anything is served."""

import subprocess
import sys

import pytest

from stack.paths import PROJECT
from telemetry.apps import AppUnusable, service_name
from telemetry.apps._find import check
from telemetry.apps._load import load
from telemetry.apps._spec import Spec


@pytest.fixture
def shop(tmp_path, monkeypatch):
    """Write modules into the app's folder; return what is asked for there."""

    def written(text, spec="shop_main:app", *, factory=False):
        (tmp_path / "shop_main.py").write_text(text)
        monkeypatch.syspath_prepend(tmp_path)
        monkeypatch.delitem(sys.modules, "shop_main", raising=False)
        return Spec.read(spec, tmp_path, factory=factory)

    yield written
    sys.modules.pop("shop_main", None)


APP = "from fastapi import FastAPI\napp = FastAPI()\n"


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("main", "'main:app'"),
        ("shop.main.app", "'shop.main:app'"),
        ("shop/main.py", "'shop.main:app'"),
        ("./main.py:app", "'main:app'"),
        ("main:app:x", "'package.module:attribute'"),
        ("", "'package.module:attribute'"),
        ("3d:app", "'package.module:attribute'"),
    ],
)
def test_other_forms_are_told_the_right_one(tmp_path, text, meant):
    with pytest.raises(AppUnusable, match="does not name an app") as error:
        Spec.read(text, tmp_path)
    assert error.value.cure == f"write {meant}"


def test_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(AppUnusable, match="There is no folder"):
        Spec.read("main:app", tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("spec", "what", "cure"),
    [
        ("shop_mian:app", "There is no module shop_mian: looked in .*'shop_main' is there", "--app-dir"),
        ("shop_main.api:app", r"There is no module shop_main\.api", "--app-dir"),
        ("shop_main:ap", "The module shop_main has no ap. It has app.", "write shop_main:app"),
    ],
)
def test_wrong_name_is_found_without_importing(shop, spec, what, cure):
    asked = shop(f"{APP}raise SystemExit('imported')", spec)
    with pytest.raises(AppUnusable, match=what) as error:
        check(asked)
    assert cure in error.value.cure


def test_syntax_error_is_found_without_importing(shop):
    with pytest.raises(AppUnusable, match=r"shop_main\.py:3: '\(' was never closed"):
        check(shop(f"{APP}x = ("))


def test_module_that_hides_the_telemetry_package_is_named(tmp_path, shop):
    asked = shop(APP)
    (tmp_path / "telemetry.py").touch()
    with pytest.raises(AppUnusable, match="has a module named telemetry") as error:
        check(asked)
    assert "rename it" in error.value.cure


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("app = 3", "it is of type int"),
        ("class app: ...", "it is the class app, not an instance"),
        ("def app(environ, start_response): ...", "it speaks WSGI; a2wsgi.WSGIMiddleware"),
        ("async def app(): ...", "its factory is asynchronous"),
        ("def app(): return 3", "it is of type int"),
        ("def app(one): ...", "an app is called with scope, receive and send"),
    ],
    ids=["number", "class", "wsgi", "async factory", "factory of no app", "one argument"],
)
def test_what_is_no_app_is_told_why(shop, text, what):
    with pytest.raises(AppUnusable, match=f"shop_main:app is no ASGI app: {what}"):
        load(shop(text))


def test_failure_at_import_shows_the_authors_traceback_without_ours_and_without_secrets(shop):
    text = "def connect(url):\n    raise OSError(url)\n\napp = connect('redis://me:hunter2hunter2@db')\n"
    with pytest.raises(AppUnusable, match="Importing shop_main failed") as error:
        load(shop(text))
    what = error.value.what
    assert "line 4, in <module>" in what
    assert "line 2, in connect" in what
    assert "OSError: redis://me:[redacted]@db" in what
    assert "hunter2" not in what
    assert "telemetry" not in what
    assert "importlib" not in what


def test_app_that_exits_while_it_is_imported_is_an_error(shop):
    with pytest.raises(AppUnusable, match="SystemExit: no settings"):
        load(shop("raise SystemExit('no settings')\napp = 1"))


def test_missing_package_is_named_with_the_interpreter_and_the_environment_near(tmp_path, shop):
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    with pytest.raises(AppUnusable) as error:
        load(shop("import no_such_thing.inside\napp = 1"))
    assert error.value.what.startswith(f"shop_main needs the module no_such_thing, which {sys.executable} does not")
    assert "shop_main.py:1: import no_such_thing.inside" in error.value.what
    assert error.value.cure == f"use the app's own environment, {python} (./plainview up --python)"


def test_missing_package_is_to_be_installed_where_no_environment_is_near(shop):
    with pytest.raises(AppUnusable) as error:
        load(shop("import no_such_thing.inside\napp = 1"))
    assert f"{sys.executable} -m pip install no-such-thing" in error.value.cure


def test_attribute_of_an_attribute_and_factories_are_found(shop):
    made = "class box:\n    app = FastAPI()\ndef make(): return FastAPI(title='made')\nmade = lambda *a, **k: FastAPI(title='any')\n"
    assert load(shop(APP + made, "shop_main:box.app")).title == "FastAPI"
    assert load(shop(APP + made, "shop_main:make")).title == "made"
    assert load(shop(APP + made, "shop_main:made", factory=True)).title == "any"


@pytest.mark.parametrize(("text", "what"), [("1 / 0", "ZeroDivisionError"), ("f()", "TypeError: no")])
def test_factory_that_fails_shows_its_traceback(shop, text, what):
    with pytest.raises(AppUnusable, match="The factory shop_main:make failed") as error:
        load(shop(f"def f(): raise TypeError('no')\ndef make():\n    {text}", "shop_main:make"))
    assert what in error.value.what
    assert "in make" in error.value.what


@pytest.mark.parametrize(
    ("module", "folder", "name"),
    [
        ("main", "Shop_v2", "shop-v2"),
        ("shop.main", "work", "shop"),
        ("src.billing.api.app", "work", "billing"),
        ("orders", "work", "orders"),
        ("app.main", "---", "app"),
    ],
)
def test_service_is_called_after_what_says_something(tmp_path, module, folder, name):
    assert service_name(module, tmp_path / folder) == name


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["main:app", "--check"], 0, ""),
        (["nain:app", "--check"], 2, "There is no module nain"),
        (["main:app", "--port", "70000"], 2, "70000 is not between 0 and 65535"),
        (["main:app", "--workers", "0"], 2, "0 is not between 1 and 256"),
    ],
)
def test_command_ends_with_two_and_says_why(tmp_path, words, code, said):
    (tmp_path / "main.py").write_text(APP)
    done = subprocess.run(
        [sys.executable, "-P", "-m", "telemetry", "serve", *words],
        cwd=tmp_path,
        env={"PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr
