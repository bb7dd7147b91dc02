"""Serves an app that knows nothing of telemetry: `python -m telemetry serve package.module:app`.

The app is found, imported, given telemetry from outside and served by uvicorn, in one process or several. Whatever is
wrong with it is said before anything else happens, with what to do.
"""

from telemetry.apps._errors import AppUnusable
from telemetry.apps._name import service_name
from telemetry.apps._processes import die_with_parent, serve_in_processes
from telemetry.apps._spec import Spec

__all__ = ["AppUnusable", "Spec", "die_with_parent", "serve_in_processes", "service_name"]
