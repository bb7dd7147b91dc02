"""Looks for an app's module and for a name in it without importing anything, which may take long and have effects."""

import ast
import difflib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from telemetry import importable
from telemetry.apps._errors import AppUnusable
from telemetry.apps._spec import Spec

_MOST_SHOWN: Final = 8
_KINDS: Final = frozenset({"FastAPI", "Starlette"})


def check(spec: Spec) -> None:
    """Find what can be found wrong by looking; `spec.folder` must be on the import path.

    Raises:
        AppUnusable: there is no such module or no such name in it, or the module cannot be read.
    """
    ours = spec.folder / "telemetry"
    if any(path.exists() for path in (ours.with_suffix(".py"), ours / "__init__.py")) and not _is_us(ours):
        raise AppUnusable(
            f"{spec.folder} has a module named telemetry, which is the name of the package that observes the app.",
            "rename it, or put it into the app's package",
        )
    found = importable.find(spec.module)
    if found is None:
        raise missing_module(spec)
    if found.origin is None or not found.origin.endswith(".py"):
        return
    try:
        tree = ast.parse(Path(found.origin).read_bytes(), filename=found.origin)
    except SyntaxError as error:
        raise AppUnusable(f"{error.filename}:{error.lineno}: {error.msg}", "correct it") from error
    except (OSError, ValueError) as error:
        raise AppUnusable(f"{found.origin} cannot be read: {error}", "make it readable for this user") from error
    names = set(importable.bound(tree))
    if not names & {spec.attribute.partition(".")[0], "*", "__getattr__"}:
        raise missing_name(spec, names, _apps(tree))


def missing_module(spec: Spec) -> AppUnusable:
    """Say that the module is nowhere."""
    here = sorted(_modules(spec.folder))
    close = difflib.get_close_matches(spec.module.partition(".")[0], here, n=1)
    meant = f"{close[0]!r} is there" if close else f"there are {_listed(here)}" if here else "there is no Python module"
    return AppUnusable(
        f"There is no module {spec.module}: looked in {spec.folder}, where {meant}, and among the packages of "
        f"{sys.executable}.",
        "start it in the folder that holds the app's package, or name that folder: --app-dir FOLDER",
    )


def missing_name(spec: Spec, names: set[str], apps: list[str]) -> AppUnusable:
    """Say that the module has no such name; `apps` are the names in it that look like apps."""
    close = apps or difflib.get_close_matches(spec.attribute, names, n=3)
    cure = (
        f"write {spec.module}:{close[0]}"
        if close
        else "name the variable that holds the app, or a function that makes it"
    )
    has = f"It has {_listed(close)}." if close else ""
    return AppUnusable(f"The module {spec.module} has no {spec.attribute}. {has}".strip(), cure)


def _apps(tree: ast.Module) -> list[str]:
    """Return the names that an app is assigned to, as far as that can be read."""
    return [
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)
        for target in node.targets
        if isinstance(target, ast.Name) and ast.unparse(node.value.func).rpartition(".")[2] in _KINDS
    ]


def _modules(folder: Path) -> Iterator[str]:
    for path in folder.iterdir():
        if path.suffix == ".py" and path.stem.isidentifier():
            yield path.stem
        elif path.name.isidentifier() and path.is_dir() and any(path.glob("*.py")):
            yield path.name


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _MOST_SHOWN} more" if len(names) > _MOST_SHOWN else ""
    return ", ".join(names[:_MOST_SHOWN]) + more


def _is_us(path: Path) -> bool:
    return path.resolve() == Path(__file__).resolve().parent.parent
