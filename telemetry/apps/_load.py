"""Imports an app as its author means it, and says in its author's words what goes wrong."""

import importlib
import inspect
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any, Final, cast

from starlette.applications import Starlette
from starlette.types import ASGIApp

from telemetry._secrets import redact
from telemetry.apps._environments import environment_with
from telemetry.apps._errors import AppUnusable
from telemetry.apps._find import missing_module, missing_name
from telemetry.apps._spec import Spec

_OURS: Final = str(Path(__file__).parent)
_ASGI_ARGUMENTS: Final = 3
_WSGI_ARGUMENTS: Final = 2
_CORRECT: Final = "correct it, then start again"


def load(spec: Spec) -> ASGIApp:
    """Import and return the app; a factory is called, with `spec.factory` or where it plainly is one.

    Raises:
        AppUnusable: there is no such app, it is none, or its own code failed; with that code's traceback.
    """
    module = _imported(spec)
    found: Any = module
    for word in spec.attribute.split("."):
        try:
            found = getattr(found, word)
        except AttributeError as error:
            names = {name for name in vars(module) if not name.startswith("_")}
            raise missing_name(spec, names, _apps(module)) from error
    if spec.factory or _is_factory(found):
        found = _made(spec, found)
    if problem := _no_app(found):
        cure = (
            "make it a plain function" if inspect.iscoroutine(found) else f"name the app itself, as {spec.module}:app"
        )
        raise AppUnusable(f"{spec} is no ASGI app: {problem}.", cure)
    return cast("ASGIApp", found)


def own_traceback(error: BaseException) -> str:
    """Return the traceback as the app's author wants it: without our frames, without secrets."""
    shown = error.with_traceback(_without_ours(error.__traceback__))
    return redact("".join(traceback.format_exception(shown))).rstrip()


def _imported(spec: Spec) -> ModuleType:
    try:
        return importlib.import_module(spec.module)
    except ModuleNotFoundError as error:
        if error.name is not None and f"{spec.module}.".startswith(f"{error.name}."):
            raise missing_module(spec) from error
        raise _missing_package(spec, error) from error
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        # Also SystemExit: an app that ends the process while it is imported is not one that can be served.
        raise AppUnusable(f"Importing {spec.module} failed:\n\n{own_traceback(error)}\n", _CORRECT) from error


def _made(spec: Spec, factory: Any) -> Any:
    if not callable(factory):
        raise AppUnusable(f"{spec} is no factory: it is of type {type(factory).__name__}.", "leave --factory out")
    try:
        return factory()
    except Exception as error:
        raise AppUnusable(f"The factory {spec} failed:\n\n{own_traceback(error)}\n", _CORRECT) from error


def _missing_package(spec: Spec, error: ModuleNotFoundError) -> AppUnusable:
    where = traceback.extract_tb(_without_ours(error.__traceback__))
    at = f"\n  {where[-1].filename}:{where[-1].lineno}: {where[-1].line}" if where else ""
    return AppUnusable(
        f"{spec.module} needs the module {error.name}, which {sys.executable} does not have.{at}",
        environment_with(error.name or "", spec.folder),
    )


def _is_factory(found: Any) -> bool:
    """Say whether it is there to be called for the app: it takes no argument, where an app takes three."""
    if not callable(found) or inspect.isclass(found) or _takes(found, _ASGI_ARGUMENTS):
        return False
    return _takes(found, 0)


def _no_app(found: Any) -> str | None:
    """Return why it cannot be served; None when it can."""
    if inspect.iscoroutine(found):
        found.close()
        return "its factory is asynchronous"
    if inspect.isclass(found):
        return f"it is the class {found.__name__}, not an instance"
    if not callable(found):
        return f"it is of type {type(found).__name__}"
    if _takes(found, _ASGI_ARGUMENTS):
        return None
    if _takes(found, _WSGI_ARGUMENTS):
        return "it speaks WSGI; a2wsgi.WSGIMiddleware makes an ASGI app of it"
    return "an app is called with scope, receive and send, this cannot be"


def _takes(found: Callable[..., Any], arguments: int) -> bool:
    try:
        inspect.signature(found).bind(*range(arguments))
    except TypeError:
        return False
    except ValueError:  # a callable that does not say what it takes
        return arguments == _ASGI_ARGUMENTS
    return True


def _apps(module: ModuleType) -> list[str]:
    return [name for name, value in vars(module).items() if isinstance(value, Starlette)]


def _without_ours(trace: TracebackType | None) -> TracebackType | None:
    """Skip the frames before the app's own code: ours and importlib's."""
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if not file.startswith((_OURS, "<frozen importlib")) and Path(file).parent.name != "importlib":
            return trace
        trace = trace.tb_next
    return None
