"""Find out whether something can be imported, without importing anything: models take long and much memory."""

import ast
import importlib.util
import pkgutil
from collections.abc import Iterator
from importlib.machinery import ModuleSpec
from pathlib import Path


def problem(spec: str) -> str | None:
    """Return why `package.module:Class` cannot be imported; None when nothing speaks against it."""
    module, _, name = spec.partition(":")
    found = find(module)
    if found is None:
        return f"there is no module {module}"
    if found.origin is None or not found.origin.endswith(".py"):
        return None
    try:
        names = set(bound(ast.parse(Path(found.origin).read_bytes())))
    except (OSError, SyntaxError, ValueError) as error:
        return f"the module {module} cannot be read: {error}"
    if names & {name, "*", "__getattr__"}:
        return None
    return f"the module {module} has no {name}"


def find(module: str) -> ModuleSpec | None:
    """Return where a module would be imported from; None when there is none."""
    first, *rest = module.split(".")
    try:
        found = importlib.util.find_spec(first)  # asks those too that editable installs bring
    except ValueError:
        return None
    name = first
    for word in rest:
        name = f"{name}.{word}"
        path = list(found.submodule_search_locations or ()) if found else []
        found = _within(path, name)
    return found


def _within(path: list[str], name: str) -> ModuleSpec | None:
    """Return where a package's part is; Python's own way asks for the imported package where that has no `__init__.py`."""
    folders: list[str] = []
    for folder in path:
        finder = pkgutil.get_importer(folder)
        found = finder.find_spec(name, None) if finder is not None else None
        if found is not None and found.loader is not None:
            return found
        folders += (found.submodule_search_locations or ()) if found is not None else ()
    if not folders:
        return None
    package = ModuleSpec(name, None, is_package=True)
    package.submodule_search_locations = folders
    return package


def bound(tree: ast.Module) -> Iterator[str]:
    """Yield every name that the module may bind at its top, also within `if` and `try`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name
        elif isinstance(node, ast.alias):
            yield node.asname or node.name
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
