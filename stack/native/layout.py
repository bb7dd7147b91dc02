"""The parts of the native stack, and how each is started."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from stack.native import guest as guests
from stack.native.guest import Guest
from stack.native.inherited import allowed, inherited
from stack.native.part import Part, Plan
from stack.native.ports import Ports
from stack.paths import PROJECT, Home

HOST = "127.0.0.1"
FIRST_KEY = "first_api_key"
APP = "app"
STEPS = ("migrate", "bootstrap")
APP_GRACE = timedelta(seconds=30)  # of an app of yours: its requests have less, see telemetry.apps
MODELS_LOADED_WITHIN = timedelta(minutes=15)
_ELSEWHERE = (
    "PLAINVIEW_DATABASE_URL",
    "PLAINVIEW_NOTIFIER_DATABASE",
    "PLAINVIEW_REDIS_URL",
    "PLAINVIEW_TRACESTORE_PATH",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
)
RETENTION = ("--storage.tsdb.retention.time=15d", "--storage.tsdb.retention.size=2GB")


@dataclass(frozen=True)
class Site:
    """Where a native stack runs and what it is made from."""

    home: Home
    ports: Ports
    programs: Mapping[str, Path]
    secrets: Mapping[str, Path]
    gpus: tuple[str, ...] = ()
    demo: bool = False
    guest: Guest | None = None
    """The app in the place of our service, which then has no worker, no database and no keys."""

    @property
    def workers(self) -> int:
        return max(1, len(self.gpus)) if self.guest is None else 0

    @property
    def keeps(self) -> Home:
        """The folder of what the stack remembers; a demonstration's is its own, and so is an app's."""
        return (
            keeping(self.home, demo=self.demo)
            if self.guest is None
            else Home(self.home.root / "apps" / self.guest.name)
        )

    @property
    def first_key(self) -> Path:
        return self.keeps.secrets / FIRST_KEY

    def url(self, port: int) -> str:
        return f"http://{HOST}:{port}"


def keeping(home: Home, *, demo: bool) -> Home:
    """Return the home of data and API keys: nothing simulated may get among real figures, keys and budgets."""
    return Home(home.root / "demo") if demo else home


def plan(site: Site, in_force: Mapping[str, str] | None = None) -> Plan:
    """Return all parts of the stack at `site`, steps first; `in_force` has a digest of each of the user's settings."""
    watchers = [_console(site), _notifier(site), _alertmanager(site), _prometheus(site)]
    if site.guest is not None:
        # First alone: an app that cannot start is told of before anything else has been started.
        app = _app(site, site.guest)
        parts = [app, *(replace(part, after=(app.name,)) for part in watchers)]
        return Plan(tuple(parts), site.ports, app=site.guest.app, in_force=in_force or {})
    parts = [*_steps(site), *watchers, *_workers(site), _api(site)]
    if site.demo:
        parts.append(_demo(site))
    return Plan(tuple(parts), site.ports, demo=site.demo, in_force=in_force or {})


def settings(site: Site) -> dict[str, dict[str, str]]:
    """Return what each part that can be misconfigured reads its settings from."""
    ours = ("migrate", "api", "worker") if site.guest is None else (APP,)
    parts = (*ours, "notifier", "console")
    return {part: inherited(os.environ, part, settings=True) | _environment(site, part) for part in parts}


def listening(site: Site) -> dict[str, int]:
    """Return every port that the stack at `site` will listen on, by part."""
    ports = site.ports.named()
    if site.guest is not None:
        del ports["worker"]
    ports.update({f"worker-{number}": site.ports.worker + number for number in range(1, site.workers)})
    return ports


def _steps(site: Site) -> list[Part]:
    return [
        Part(
            "migrate",
            _python("-m", "app", "migrate"),
            _environment(site, "migrate"),
            reads_settings=True,
            once=True,
            title="Database",
        ),
        Part(
            "bootstrap",
            _python("-m", "app", "bootstrap"),
            _environment(site, "bootstrap"),
            reads_settings=True,
            once=True,
            after=("migrate",),
            title="First API key",
        ),
    ]


def _api(site: Site) -> Part:
    address = site.url(site.ports.api)
    return Part(
        "api",
        _python("-m", "app", "serve"),
        _environment(site, "api"),
        reads_settings=True,
        ready=(f"{address}/health/ready",),
        address=address,
        after=STEPS,
        stop_rank=1,
        grace=_grace(),
        title="API",
    )


def _app(site: Site, guest: Guest) -> Part:
    address = site.url(site.ports.api)
    return Part(
        APP,
        guest.command(site.ports.api),
        {**_environment(site, APP), **guests.variables(site.home), "OTEL_SERVICE_NAME": guest.name},
        reads_settings=True,
        ready=(f"{address}/metrics",),  # ours, which answers once the app's lifespan has begun
        ready_within=MODELS_LOADED_WITHIN,
        address=address,
        stop_rank=1,
        grace=APP_GRACE,
        title=f"Your app ({guest.app})",
        folder=guest.folder,
        explains_itself=True,
    )


def _grace() -> timedelta:
    """Return how long the service's processes may take to end, by the user's settings."""
    from app.ending import ends_within_by  # noqa: PLC0415 - the wheel, which runs others' apps, has no app/

    return ends_within_by(os.environ)


def _workers(site: Site) -> list[Part]:
    return [_worker(site, number, gpu) for number, gpu in enumerate(site.gpus or (None,))]


def _worker(site: Site, number: int, gpu: str | None) -> Part:
    from app.jobs.exit_status import EXIT_STATUS  # noqa: PLC0415 - the wheel, which runs others' apps, has no app/

    port = site.ports.worker + number
    environment = {**_environment(site, "worker"), "PLAINVIEW_WORKER_PORT": str(port)}
    if gpu is not None:
        environment |= {"CUDA_VISIBLE_DEVICES": gpu, "PLAINVIEW_GPU_UUIDS": gpu}
    return Part(
        "worker" if number == 0 else f"worker-{number}",
        _python("-m", "app", "worker"),
        environment,
        reads_settings=True,
        ready=(f"{site.url(port)}/health/ready",),
        address=site.url(port),
        renews={status: str(reason).replace("_", " ") for reason, status in EXIT_STATUS.items()},
        after=STEPS,
        stop_rank=2,
        grace=_grace(),
        title="Worker" if number == 0 else f"Worker {number}",
    )


def _notifier(site: Site) -> Part:
    address = site.url(site.ports.notifier)
    return Part(
        "notifier",
        _python("-m", "alerts.notifier"),
        _environment(site, "notifier"),
        reads_settings=True,
        ready=(f"{address}/health/ready",),
        address=address,
        stop_rank=4,
        title="Notifier",
    )


def _console(site: Site) -> Part:
    address = site.url(site.ports.console)
    store = (site.url(site.ports.otlp), site.url(site.ports.query))
    return Part(
        "console",
        _python("-m", "stack.console"),
        {
            **_environment(site, "console"),
            "PLAINVIEW_DEMO": str(site.demo).lower(),
            "PLAINVIEW_APP": site.guest.app if site.guest is not None else "",
        },
        reads_settings=True,
        ready=tuple(f"{url}/health/ready" for url in (address, *store)),
        address=address,
        stop_rank=4,  # last, so that the spans of the others' last second arrive
        title="Console",
    )


def _prometheus(site: Site) -> Part:
    address = site.url(site.ports.prometheus)
    return Part(
        "prometheus",
        (
            str(site.programs["prometheus"]),
            f"--config.file={site.home.config / 'prometheus/prometheus.yml'}",
            f"--storage.tsdb.path={site.keeps.data / 'prometheus'}",
            f"--web.listen-address={HOST}:{site.ports.prometheus}",
            "--enable-feature=exemplar-storage",
            *RETENTION,
        ),
        ready=(f"{address}/-/ready",),
        address=address,
        stop_rank=3,
        grace=timedelta(seconds=20),
        title="Prometheus",
    )


def _alertmanager(site: Site) -> Part:
    address = site.url(site.ports.alertmanager)
    return Part(
        "alertmanager",
        (
            str(site.programs["alertmanager"]),
            f"--config.file={site.home.config / 'alertmanager/alertmanager.yml'}",
            f"--storage.path={site.keeps.data / 'alertmanager'}",
            f"--web.listen-address={HOST}:{site.ports.alertmanager}",
            "--cluster.listen-address=",
        ),
        ready=(f"{address}/-/ready",),
        address=address,
        stop_rank=3,
        title="Alertmanager",
    )


def _demo(site: Site) -> Part:
    environment = {
        **_environment(site, "demo"),
        "PLAINVIEW_DEMO_ADMIN_KEY_FILE": str(site.first_key),
        "PLAINVIEW_DEMO_KEY_FILE": str(site.keeps.secrets / "demo_api_key"),
    }
    command = _python("-m", "stack.native.demo")
    return Part(
        "demo",
        command,
        environment,
        reads_settings=True,
        after=("api", "worker"),
        stop_rank=0,
        title="Demo traffic (simulated)",
    )


def _python(*arguments: str) -> tuple[str, ...]:
    return (sys.executable, *arguments)


def _environment(site: Site, part: str) -> dict[str, str]:
    """Return what the part's settings are read from; what the user has set goes before our defaults."""
    ports = site.ports
    ours = {
        "PLAINVIEW_HOME": str(site.home.root),
        "PLAINVIEW_PORT": str(ports.api),
        "PLAINVIEW_WORKER_PORT": str(ports.worker),
        "PLAINVIEW_NOTIFIER_PORT": str(ports.notifier),
        "PLAINVIEW_CONSOLE_PORT": str(ports.console),
        "PLAINVIEW_TRACESTORE_OTLP_PORT": str(ports.otlp),
        "PLAINVIEW_TRACESTORE_QUERY_PORT": str(ports.query),
        "PLAINVIEW_TRACESTORE": "on",
        "PLAINVIEW_SERVICE_URL": site.url(ports.api),
        "PLAINVIEW_NOTIFIER_URL": site.url(ports.notifier),
        "PLAINVIEW_PROMETHEUS_URL": site.url(ports.prometheus),
        "PLAINVIEW_ALERTMANAGER_URL": site.url(ports.alertmanager),
        "PLAINVIEW_JAEGER_URL": site.url(ports.query),
        "PLAINVIEW_FIRST_KEY_FILE": str(site.first_key),
        "PLAINVIEW_CONSOLE_TOKEN_FILE": str(site.secrets["console_token"]),
        "PLAINVIEW_NOTIFIER_TOKEN_FILE": str(site.secrets["notifier_token"]),
        "OTEL_SERVICE_NAME": f"plainview-{part}",
        # The parts run in the project's folder; a package of the caller's folder must not stand before ours.
        "PYTHONPATH": os.pathsep.join(filter(None, (str(PROJECT), os.environ.get("PYTHONPATH")))),
        "PYTHONSAFEPATH": "1",
        "PYTHONUNBUFFERED": "1",
    }
    defaults = {
        "PLAINVIEW_DATA_DIR": str(site.keeps.data),
        "PLAINVIEW_RUNTIME_DIR": str(site.home.run),
        "PLAINVIEW_CONSOLE_URL": site.url(ports.console),
        "OTEL_EXPORTER_OTLP_ENDPOINT": site.url(ports.otlp),
    }
    if site.demo:
        # Also what the user has set: neither a real database nor a real collector gets what is made up.
        ours |= {**dict.fromkeys(_ELSEWHERE, ""), **defaults, "PLAINVIEW_GPU": "simulated"}
    ours |= {name: value for name, value in defaults.items() if name not in os.environ}
    return {name: value for name, value in ours.items() if allowed(name, part)}
