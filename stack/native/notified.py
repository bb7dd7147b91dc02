"""Who is told of alerts: what the running notifier says."""

import http.client
import json

from stack.native.layout import HOST
from stack.native.state import StackState

SECONDS = 2.0


def targets(state: StackState) -> list[str] | None:
    """Return the ids of the targets of the running notifier; None when it does not answer."""
    connection = http.client.HTTPConnection(HOST, state.ports.notifier, timeout=SECONDS)
    try:
        connection.request("GET", "/health/ready")
        answer = json.loads(connection.getresponse().read())
        return [str(target) for target in answer["targets"]]
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError):
        return None
    finally:
        connection.close()
