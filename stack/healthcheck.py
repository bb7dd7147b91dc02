"""Exit 0 when a URL answers 2xx within four seconds: the health check of containers without curl."""

from __future__ import annotations

import sys
import urllib.error
import urllib.request


def main(url: str) -> int:
    """Return 0 when `url` answers 2xx, else 1 with the reason on stderr."""
    try:
        with urllib.request.urlopen(url, timeout=4):  # noqa: S310
            return 0
    except urllib.error.HTTPError as error:
        reason = f"{error.code}: {error.read(400).decode(errors='replace')}"
    except OSError as error:
        reason = str(error)
    sys.stderr.write(f"{url}: {reason}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
