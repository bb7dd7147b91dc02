"""From settings to a provider."""

from __future__ import annotations

from app.billing.provider import Provider
from app.billing.runpod import RunPod
from app.settings import Settings
from telemetry.process_settings import SettingsInvalid


def provider_of(settings: Settings) -> Provider | None:
    """Return the provider whose bill is to be read, None when there is none.

    Raises:
        SettingsInvalid: there is no key to read it with.
    """
    if settings.bill_provider == "none":
        return None
    if settings.runpod_api_key is None:
        raise SettingsInvalid(
            f"PLAINVIEW_BILL_PROVIDER={settings.bill_provider!r} needs a key: set PLAINVIEW_RUNPOD_API_KEY_FILE "
            "to a file with a RunPod key that may read billing, or PLAINVIEW_RUNPOD_API_KEY to the key itself"
        )
    return RunPod(
        settings.runpod_api_key,
        generation=settings.runpod_api,
        address=settings.runpod_url,
        resource=settings.runpod_resource,
    )
