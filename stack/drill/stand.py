"""The isolated copy of the stack that a drill breaks: a folder of its own, free ports, the same parts and rules.

Parts run as `stack.native.layout` says, by the same supervisor; what the user has set for the running stack
(`PLAINVIEW_*`, `OTEL_*`) does not reach them, so nothing of it can be touched.
"""

from __future__ import annotations

import os
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Final

import httpx

from stack import config, secrets
from stack.native import layout, programs
from stack.native.layout import Site
from stack.native.part import Plan
from stack.native.ports import Ports
from stack.native.supervisor import Supervisor
from stack.paths import Home

HOST: Final = "127.0.0.1"
_PARTS: Final = frozenset({"migrate", "bootstrap", "notifier", "alertmanager", "prometheus", "worker"})

# The copy has no trace store.
_UNTRACED: Final = {"OTEL_EXPORTER_OTLP_ENDPOINT": ""}


@dataclass(frozen=True)
class Stand:
    """A copy that runs; the api is started apart, since a drill may start it again with other settings.

    Attributes:
        client: sends requests without a proxy, with the copy's administrator key.
    """

    site: Site
    client: httpx.AsyncClient
    say: Callable[[str], None]
    variables: Mapping[str, str]

    @property
    def home(self) -> Home:
        return self.site.home

    @property
    def database(self) -> Path:
        return self.home.data / "plainview.db"

    @property
    def api(self) -> str:
        return self.site.url(self.site.ports.api)

    @property
    def prometheus(self) -> str:
        return self.site.url(self.site.ports.prometheus)

    @property
    def alertmanager(self) -> str:
        return self.site.url(self.site.ports.alertmanager)

    @property
    def notifier(self) -> str:
        return self.site.url(self.site.ports.notifier)

    @asynccontextmanager
    async def serving(self, variables: Mapping[str, str]) -> AsyncIterator[None]:
        """Run the api with further `variables` until the end of the block; ready when the block begins."""
        parts = frozenset({"api"})
        async with Supervisor(_plan(self.site, parts, {**self.variables, **variables}), self.home, say=self.say) as api:
            await api.ready()
            yield


@asynccontextmanager
async def standing(
    folder: Path, real: Home, variables: Mapping[str, str], say: Callable[[str], None]
) -> AsyncIterator[Stand]:
    """Run a copy of the stack in `folder`, without its api, until the end of the block.

    Args:
        folder: an empty folder; everything of the copy lies in it.
        real: the user's home folder, for Prometheus and Alertmanager only.
        variables: environment of the copy's parts.
        say: hears what takes long, and what a part does by itself.

    Raises:
        ProgramMissing, PartFailed: with what to do.
    """
    home = Home(folder).create()
    found = {name: programs.find(name, real.root, say=say) for name in ("prometheus", "alertmanager")}
    site = Site(home, free_ports(), found, secrets.ensure(home.secrets))
    config.render(
        home,
        site.ports,
        notifier_token_file=site.secrets["notifier_token"],
        metrics_token_file=site.secrets["metrics_token"],
    )
    ours = {**_unset(), "PLAINVIEW_DATA_DIR": str(home.data), "PLAINVIEW_GPU": "off", **_UNTRACED, **variables}
    async with AsyncExitStack() as stack:
        parts = await stack.enter_async_context(Supervisor(_plan(site, _PARTS, ours), home, say=say))
        await parts.ready()
        key = {"Authorization": f"Bearer {site.first_key.read_text().strip()}"}
        client = await stack.enter_async_context(httpx.AsyncClient(headers=key, trust_env=False, timeout=10))
        yield Stand(site, client, say, ours)


def free_ports() -> Ports:
    """Return a free port for each part; all are held until all are found, so none comes twice."""
    with ExitStack() as stack:
        names = [field.name for field in fields(Ports)]
        held = [stack.enter_context(socket.create_server((HOST, 0))) for _ in names]
        return Ports(**{name: listener.getsockname()[1] for name, listener in zip(names, held, strict=True)})


def _plan(site: Site, names: frozenset[str], variables: Mapping[str, str]) -> Plan:
    parts = [part for part in layout.plan(site).parts if part.name in names]
    return Plan(
        tuple(
            replace(
                part,
                environment={**part.environment, **variables},
                after=tuple(name for name in part.after if name in names),
            )
            for part in parts
        ),
        site.ports,
    )


def _unset() -> dict[str, str]:
    """Return the user's own settings, emptied: an empty variable counts as one that is not set."""
    return {name: "" for name in os.environ if name.startswith(("PLAINVIEW_", "OTEL_"))}
