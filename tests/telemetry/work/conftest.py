"""The scripted cards of the reader's tests."""

from tests.telemetry.gpu.conftest import cards, opened

__all__ = ["cards", "opened"]
