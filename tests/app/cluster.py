"""Several machines' worth of the service over one PostgreSQL and one Redis: each node has a data folder of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from app.database.migrate import migrate
from app.settings import Settings
from tests.app.conftest import TINY
from tests.app.namespaces import Branch, Network
from tests.app.postgresql import PostgresServer, postgres_server
from tests.app.processes import HERE, Process, Service, service
from tests.redis_server import RedisServer, redis_server

API, WORKER = "serve", "worker"


@dataclass
class Node:
    """One machine with one process of the service on it; `process` is the last one that was started."""

    name: str
    command: str
    service: Service
    process: Process | None = None
    branch: Branch | None = None

    @property
    def url(self) -> str:
        return self.service.url

    def spawn(self, **environment: str) -> Process:
        self.process = self.service.spawn(self.command, **environment)
        return self.process

    @property
    def running(self) -> Process:
        assert self.process is not None, f"{self.name} was not started"
        return self.process

    @property
    def log(self) -> str:
        return self.running.log.read_text(encoding="utf-8")


@dataclass
class Cluster:
    """The nodes, and what they share."""

    settings: Settings
    database: PostgresServer
    redis: RedisServer
    environment: Mapping[str, str]
    apis: list[Node] = field(default_factory=list)
    workers: list[Node] = field(default_factory=list)

    @property
    def nodes(self) -> list[Node]:
        return [*self.apis, *self.workers]

    def start(self) -> None:
        """Start every node, all at once, and wait until each is ready."""
        for node in self.nodes:
            node.spawn()
        for node in self.nodes:
            node.running.wait_ready()


@contextmanager
def cluster(
    folder: Path,
    *,
    apis: int = 3,
    workers: int = 3,
    environment: Mapping[str, str] | None = None,
    network: Network | None = None,
    migrates: bool = True,
) -> Iterator[Cluster]:
    """Give nodes `api-0`, ..., `worker-0`, ... of which none runs yet, with an empty database.

    Args:
        folder: for everything that the nodes keep; the test's own.
        apis: nodes that answer requests.
        workers: nodes that run jobs.
        environment: for every node, beside what makes them one service.
        migrates: whether the database is migrated, by this version.
        network: whose hub this is: each node gets a namespace of its own there, and reaches the others over wires.
    """
    shared = folder / "shared"
    shared.mkdir(parents=True)
    with ExitStack() as stack:
        database = stack.enter_context(postgres_server(everywhere=network is not None))
        redis = stack.enter_context(redis_server(folder, everywhere=network is not None))
        common = {
            "PLAINVIEW_DATABASE_URL": database.url,
            "PLAINVIEW_REDIS_URL": redis.url,
            "PLAINVIEW_RESULTS_URL": shared.as_uri(),
            "PLAINVIEW_LINK_SECRET": "the same on every node, 32 characters",
            "PLAINVIEW_GENERATOR": TINY,
            "PLAINVIEW_GPU": "off",
            **(environment or {}),
        }
        settings = Settings(home=folder / "here", generator=TINY, database_url=database.url, redis_url=redis.url)
        if migrates:
            migrate(settings)
        made = Cluster(settings, database, redis, common)
        names = {f"api-{number}": API for number in range(apis)} | {f"worker-{n}": WORKER for n in range(workers)}
        for name, command in names.items():
            home = folder / name
            home.mkdir()
            own = {"PLAINVIEW_HOME": str(home), "PLAINVIEW_WORKER_ID": name, "PLAINVIEW_RUNTIME_DIR": str(home)}
            branch = None if network is None else network.branch(name)
            if branch is not None:
                own["PLAINVIEW_DATABASE_URL"] = database.url_at(branch.database.hub_address, database.port)
                own["PLAINVIEW_REDIS_URL"] = redis.url_at(branch.redis.hub_address, redis.port)
            running = stack.enter_context(service(common | own, home, HERE if branch is None else branch.place))
            (made.apis if command == API else made.workers).append(Node(name, command, running, branch=branch))
        yield made
