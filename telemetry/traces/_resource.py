"""What every span of this process says about where it comes from; each of several processes is an instance of its own."""

import contextlib
import os
import uuid
import weakref
from typing import Any

from opentelemetry.attributes import BoundedAttributes
from opentelemetry.sdk.resources import (
    PROCESS_PID,
    SERVICE_INSTANCE_ID,
    SERVICE_NAME,
    SERVICE_VERSION,
    Resource,
)

from telemetry.settings import TelemetrySettings


def process_resource(settings: TelemetrySettings) -> Resource:
    """Return the resource of this process; what `OTEL_RESOURCE_ATTRIBUTES` says goes first for the instance's id.

    A forked child that goes on with it is another instance: there it says so.
    """
    resource = Resource.create(_attributes(settings))
    reference = weakref.ref(resource)

    def renew() -> None:
        with contextlib.suppress(Exception):
            if (forked := reference()) is not None:
                whole: Any = Resource.create(_attributes(settings)).attributes
                # Every tracer holds this object, and a resource cannot be changed in any other way.
                forked._attributes = BoundedAttributes(attributes=whole)  # noqa: SLF001

    os.register_at_fork(after_in_child=renew)
    return resource


def _attributes(settings: TelemetrySettings) -> dict[str, str | int]:
    named = Resource.create({}).attributes.get(SERVICE_INSTANCE_ID)
    attributes: dict[str, str | int] = {
        SERVICE_NAME: settings.service_name,
        SERVICE_INSTANCE_ID: str(named or uuid.uuid4()),
        PROCESS_PID: os.getpid(),
    }
    if settings.service_version:
        attributes[SERVICE_VERSION] = settings.service_version
    return attributes
