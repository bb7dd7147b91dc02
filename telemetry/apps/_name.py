"""What a service is called whose author has not said so."""

import re
from pathlib import Path
from typing import Final

# Half of all apps are called `main:app`: their folder says more.
_SAYS_NOTHING: Final = frozenset(
    {"api", "app", "application", "asgi", "backend", "main", "run", "server", "service", "src", "web", "wsgi"}
)


def service_name(module: str, folder: Path) -> str:
    """Return a name for the service: the module's, the package's, else the folder's: `shop` for `shop.main:app`."""
    words = [word for word in module.split(".") if word.lower() not in _SAYS_NOTHING]
    name = words[-1] if words else folder.name
    clean = re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-").lower()
    return clean[:60] or "app"
