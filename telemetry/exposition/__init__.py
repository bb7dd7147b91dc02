"""Several processes that serve one address show their figures as one: whoever is scraped adds up all of them.

The processes of a server (uvicorn's workers, gunicorn's, ours) listen on the same address. Each keeps a file with its
figures in a private folder that is named for that address; a scrape asks all others, over a unix socket there, to write
theirs anew, waits for them no longer than a short deadline, and adds up all files, also those of processes that ended.
So a total never falls below what was once shown: who is killed loses what came after its last scrape, nothing else.

A process alone writes its file too, which is how its totals outlive it. Nothing is done for a request.
"""

from telemetry.exposition._exposition import Exposition, exposed
from telemetry.exposition._gate import REFUSAL, REFUSAL_HEADERS, Gate

__all__ = ["REFUSAL", "REFUSAL_HEADERS", "Exposition", "Gate", "exposed"]
