"""Puts a block around a function of any kind.

A generator's block lasts until it is exhausted or closed. Its span is the current one only while its own code runs:
between two values whoever iterates does something else, perhaps in another task or thread.
"""

import inspect
from collections.abc import AsyncGenerator, Callable, Generator, Iterator
from contextlib import contextmanager
from functools import partial, wraps
from typing import Any, ParamSpec, Protocol, TypeVar, cast

P = ParamSpec("P")
T = TypeVar("T")


class Block(Protocol):
    """What is put around each call."""

    def begin(self) -> object: ...
    def attach(self) -> None: ...
    def detach(self) -> None: ...
    def end(self, error: BaseException | None) -> None: ...


def decorated(function: Callable[P, T], again: Callable[[], Block]) -> Callable[P, T]:
    """Return `function` with a block of its own around each call."""
    kinds = (
        (inspect.isasyncgenfunction, _async_generator),
        (inspect.isgeneratorfunction, _generator),
        (inspect.iscoroutinefunction, _coroutine),
    )
    wrap = next((wrap for is_kind, wrap in kinds if is_kind(function)), _plain)
    return cast("Callable[P, T]", wraps(function)(wrap(function, again)))


def _plain(function: Callable[..., Any], again: Callable[[], Block]) -> Callable[..., Any]:
    def measured(*args: Any, **kwargs: Any) -> Any:
        with _whole(again()) as block, _running(block):
            return function(*args, **kwargs)

    return measured


def _coroutine(function: Callable[..., Any], again: Callable[[], Block]) -> Callable[..., Any]:
    async def measured(*args: Any, **kwargs: Any) -> Any:
        with _whole(again()) as block, _running(block):
            return await function(*args, **kwargs)

    return measured


def _generator(function: Callable[..., Any], again: Callable[[], Block]) -> Callable[..., Any]:
    def measured(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        inner: Generator[Any, Any, Any] = function(*args, **kwargs)
        with _whole(again()) as block:
            step: Callable[[], Any] = partial(next, inner)
            while True:
                with _running(block):
                    try:
                        value = step()
                    except StopIteration as stop:
                        return stop.value
                try:
                    sent = yield value
                except GeneratorExit:
                    inner.close()
                    raise
                except BaseException as error:  # noqa: BLE001 - handed on, whatever was thrown in
                    step = partial(inner.throw, error)
                else:
                    step = partial(inner.send, sent)

    return measured


def _async_generator(function: Callable[..., Any], again: Callable[[], Block]) -> Callable[..., Any]:
    async def measured(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        inner: AsyncGenerator[Any, Any] = function(*args, **kwargs)
        with _whole(again()) as block:
            step: Callable[[], Any] = partial(anext, inner)
            while True:
                with _running(block):
                    try:
                        value = await step()
                    except StopAsyncIteration:
                        return
                try:
                    sent = yield value
                except GeneratorExit:
                    await inner.aclose()
                    raise
                except BaseException as error:  # noqa: BLE001 - as above
                    step = partial(inner.athrow, error)
                else:
                    step = partial(inner.asend, sent)

    return measured


@contextmanager
def _whole(block: Block) -> Iterator[Block]:
    block.begin()
    try:
        yield block
    except BaseException as error:
        block.end(error)
        raise
    block.end(None)


@contextmanager
def _running(block: Block) -> Iterator[None]:
    block.attach()
    try:
        yield
    finally:
        block.detach()
