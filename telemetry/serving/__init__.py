"""How every process of Plainview answers HTTP: where it listens, when it stops, and what stands before an application.

`clients` bounds what clients may take of a server. `hosts` refuses names that are not known and `headers` tells browsers
what they may do with an answer; these two are plain ASGI and go around any application.
"""

from telemetry.serving._listening import PortTaken, bind
from telemetry.serving._server import StartFailed, serve, serve_all
from telemetry.serving.clients import Clients

__all__ = ["Clients", "PortTaken", "StartFailed", "bind", "serve", "serve_all"]
