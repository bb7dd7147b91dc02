"""The reference service: a talking-portrait video API on a queue, hardened and measured."""

from __future__ import annotations

from typing import Final

#: Version of the service, shown by the API, `/health` and the OpenAPI document.
VERSION: Final = "0.1.0"
