"""The ports of the native stack."""

from dataclasses import asdict, dataclass, fields
from typing import Self


@dataclass(frozen=True)
class Ports:
    """Where each part listens on loopback; worker number i takes `worker + i`."""

    api: int = 8000
    worker: int = 9101
    notifier: int = 9095
    prometheus: int = 9090
    alertmanager: int = 9093
    console: int = 8080
    otlp: int = 4318
    query: int = 16686

    def shifted(self, offset: int) -> Self:
        """Return the same ports, each `offset` higher."""
        return type(self)(**{name: port + offset for name, port in asdict(self).items()})

    def replaced(self, **ports: int | None) -> Self:
        """Return these ports with those given changed; None leaves one as it is."""
        return type(self)(**{**asdict(self), **{name: port for name, port in ports.items() if port is not None}})

    def named(self) -> dict[str, int]:
        """Return each part's name with its port, in declared order."""
        return {field.name: getattr(self, field.name) for field in fields(self)}
