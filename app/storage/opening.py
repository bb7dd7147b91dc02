"""Opens the place that the settings name."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

from app.jobs.files import JobFiles
from app.settings import Settings


def files_of(settings: Settings) -> JobFiles:
    """Return where jobs keep their files; nothing is asked of an object store yet."""
    if settings.results_url is None:
        return JobFiles(settings.data)
    url = urlsplit(settings.results_url)
    if url.scheme == "file":
        return JobFiles(Path(unquote(url.path)))
    from app.storage.bucket import Bucket, open_bucket  # noqa: PLC0415 - 15 MB that folders do without

    return Bucket(settings.data, open_bucket(settings, url.netloc, url.path.strip("/")))
