"""Find out whether a class can be imported, without importing anything: models take long and much memory."""

import ast
import sys
from collections.abc import Iterator
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path


def problem(spec: str) -> str | None:
    """Return why `package.module:Class` cannot be imported; None when nothing speaks against it."""
    module, _, name = spec.partition(":")
    found = _find(module)
    if found is None:
        return f"there is no module {module}"
    if found.origin is None or not found.origin.endswith(".py"):
        return None
    try:
        bound = set(_bound(ast.parse(Path(found.origin).read_bytes())))
    except (OSError, SyntaxError, ValueError) as error:
        return f"the module {module} cannot be read: {error}"
    if bound & {name, "*", "__getattr__"}:
        return None
    return f"the module {module} has no {name}"


def _find(module: str) -> ModuleSpec | None:
    if module in sys.builtin_module_names:
        return ModuleSpec(module, None)
    path = None
    found = None
    words = module.split(".")
    for number in range(len(words)):
        found = PathFinder.find_spec(".".join(words[: number + 1]), path)
        if found is None:
            return None
        path = list(found.submodule_search_locations or ())
        if not path and number + 1 < len(words):
            return None
    return found


def _bound(tree: ast.Module) -> Iterator[str]:
    """Yield every name that the module may bind at its top, also within `if` and `try`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name
        elif isinstance(node, ast.alias):
            yield node.asname or node.name
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
