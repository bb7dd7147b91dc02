"""What can go wrong in the notifier.

NotifierError
├── WrongTarget (ValueError)       an entry of PLAINVIEW_NOTIFY_URLS that Apprise cannot use
├── DeliveryFailed (RuntimeError)  a target did not take a message
├── OutboxUnavailable (OSError)    503: the outbox cannot be read or written now; it also stops the start
└── Refused                        a request that cannot be taken
    ├── Unauthorized               401: no or a wrong bearer token
    ├── Malformed (ValueError)     400: the body is not what Alertmanager posts
    ├── TooLarge (ValueError)      413: the body is larger than any Alertmanager's
    ├── WrongMediaType             415: the body is not said to be JSON
    └── WrongHost                  421: a name that a notifier without a token does not answer to
"""

# ruff: noqa: N818  # each name reads as what happened

from __future__ import annotations


class NotifierError(Exception):
    """Base of everything the notifier raises itself."""


class WrongTarget(NotifierError, ValueError):
    """An entry of PLAINVIEW_NOTIFY_URLS cannot be used; never holds the URL, which may carry a secret."""

    def __init__(self, position: int, masked: str, reason: str) -> None:
        super().__init__(f"PLAINVIEW_NOTIFY_URLS: entry {position} ({masked}) {reason}")
        self.position = position


class OutboxUnavailable(NotifierError, OSError):
    """The outbox cannot be used now: a full disk, a locked or a broken file."""

    # Alertmanager tries again after any 5xx and gives up after a 4xx.
    status = 503
    code = "outbox_unavailable"
    title = "Outbox unavailable"


class DeliveryFailed(NotifierError, RuntimeError):
    """A target did not take a message; the reason holds no secret."""


class Refused(NotifierError):
    """A request that is not taken; `status`, `code` and `title` are the answer's."""

    status = 400
    code = "bad_request"
    title = "Bad request"


class Unauthorized(Refused):
    """The bearer token is missing or wrong."""

    status = 401
    code = "unauthorized"
    title = "Unauthorized"


class Malformed(Refused, ValueError):
    """The body is not what Alertmanager posts; sending it again would not help."""

    code = "malformed_body"
    title = "Malformed body"


class TooLarge(Refused, ValueError):
    """The body is larger than any Alertmanager's."""

    status = 413
    code = "body_too_large"
    title = "Body too large"


class WrongMediaType(Refused):
    """The body is not said to be JSON: what a page of another origin may send without asking."""

    status = 415
    code = "media_type_unsupported"
    title = "Media type not supported"


class WrongHost(Refused):
    """The request is for a name that this notifier does not answer to."""

    status = 421
    code = "host_unknown"
    title = "Host not known"
