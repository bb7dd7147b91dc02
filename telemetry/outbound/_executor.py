"""Carries the trace and the fields of a request into `ThreadPoolExecutor`, and so into `loop.run_in_executor`.

Tasks of asyncio, `asyncio.to_thread` and FastAPI's own threads carry them already. A thread that is started by hand does
not get them: it mostly outlives what started it, and would be taken for a part of it for ever.
"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Final, ParamSpec, TypeVar

from opentelemetry.context import Context, attach, detach, get_current

from telemetry.context import SCOPE, Scope

P = ParamSpec("P")
T = TypeVar("T")

_original: Final = ThreadPoolExecutor.submit


def _submit(self: ThreadPoolExecutor, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
    around, scope = get_current(), SCOPE.get()
    if not around and scope is None:
        return _original(self, function, *args, **kwargs)
    return _original(self, _carried(function, around, scope), *args, **kwargs)


def _carried(function: Callable[P, T], around: Context, scope: Scope | None) -> Callable[P, T]:
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        ours, token = SCOPE.set(scope), attach(around)
        try:
            return function(*args, **kwargs)
        finally:
            detach(token)
            SCOPE.reset(ours)

    return run


def carry_context() -> bool:
    """Change the class; another's change of it is left in place."""
    methods: Any = ThreadPoolExecutor
    if methods.submit is not _original:
        return False
    methods.submit = _submit
    return True


def leave_context() -> None:
    """Undo it, unless another has changed the class since: then it stays, as theirs calls it."""
    methods: Any = ThreadPoolExecutor
    if methods.submit is _submit:
        methods.submit = _original
