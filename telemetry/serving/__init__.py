"""How every process of Plainview answers HTTP: where it listens, when it stops, and what stands before an application.

`hosts` refuses names that are not known and `headers` tells browsers what they may do with an answer; both are plain
ASGI and go around any application.
"""

from telemetry.serving._listening import PortTaken, bind
from telemetry.serving._server import StartFailed, serve, serve_all

__all__ = ["PortTaken", "StartFailed", "bind", "serve", "serve_all"]
