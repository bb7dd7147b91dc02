"""Read every part's settings before anything is started: a wrong one is found at once, and all of them together.

`ask` does it in a process of its own, which reads them from exactly the variables that the part would get, and
takes what it imports along when it ends.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass

from stack.native import layout
from stack.native.inherited import SETTINGS
from stack.native.layout import Site
from stack.paths import PROJECT

SECONDS = 60.0


@dataclass(frozen=True)
class Report:
    """What the settings say.

    Attributes:
        wrong: a line for each that stops the start.
        unknown: a line for each variable that nothing reads.
        targets: how many are told of alerts; None when their setting is wrong.
        budget: what a day and a month may cost, in words.
    """

    wrong: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    targets: int | None = None
    budget: str = ""


@dataclass
class Facts:
    """What the settings say that can be used, gathered while they are read."""

    targets: int | None = None
    budget: str = ""


def ask(site: Site) -> Report:
    """Return what is wrong with the settings of the stack at `site`."""
    parts = layout.settings(site)
    question = {"parts": parts, "names": [name for name in os.environ if name.startswith(SETTINGS)]}
    try:
        done = subprocess.run(
            [sys.executable, "-m", "stack.native.preflight"],
            input=json.dumps(question),
            capture_output=True,
            text=True,
            cwd=PROJECT,
            env=parts["console"],
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Report(wrong=(f"the settings could not be read within {SECONDS:g} s: is this machine overloaded?",))
    if done.returncode:
        reason = done.stderr.strip().splitlines()[-1:] or [f"exit code {done.returncode}"]
        return Report(wrong=(f"the settings could not be read: {reason[0]}",))
    answer = json.loads(done.stdout)
    return Report(tuple(answer["wrong"]), tuple(answer["unknown"]), answer["targets"], answer["budget"])


def examine(parts: Mapping[str, Mapping[str, str]], names: list[str]) -> Report:
    """Return the report for these parts; this process's environment is that of the last part afterwards."""
    from stack.native.known_settings import unknown  # noqa: PLC0415 - the process that asks has no use for it

    facts = Facts()
    wrong: dict[str, None] = {}
    for part, variables in parts.items():
        os.environ.clear()
        os.environ.update(variables)
        wrong |= dict.fromkeys(line for read in READERS[part] for line in _lines(read, facts))
    return Report(tuple(wrong), tuple(unknown(names)), facts.targets, facts.budget)


def _lines(read: Callable[[Facts], None], facts: Facts) -> Iterator[str]:
    from alerts.notifier.errors import NotifierError  # noqa: PLC0415
    from alerts.thresholds import ThresholdInvalid  # noqa: PLC0415
    from telemetry.process_settings import SettingsInvalid  # noqa: PLC0415

    try:
        read(facts)
    except SettingsInvalid as error:
        yield from error.lines
    except (NotifierError, ThresholdInvalid) as error:
        yield str(error)


def _service(facts: Facts) -> None:
    from app.settings import Settings  # noqa: PLC0415

    settings = Settings.read()
    limits = {"day": settings.budget_day_usd, "month": settings.budget_month_usd}
    told = [f"${limit:g} a {span}" for span, limit in limits.items() if limit is not None]
    facts.budget = f"{' and '.join(told)} ({settings.timezone})" if told else "none"


def _bill(_facts: Facts) -> None:
    from app.billing.opening import provider_of  # noqa: PLC0415
    from app.settings import Settings  # noqa: PLC0415

    provider_of(Settings.read())


def _generator(_facts: Facts) -> None:
    from telemetry.importable import problem  # noqa: PLC0415
    from telemetry.process_settings import SettingsInvalid  # noqa: PLC0415

    chosen = os.environ.get("PLAINVIEW_GENERATOR", "")  # the default is our own, a wrong form is the settings' to say
    if ":" in chosen and (reason := problem(chosen)):
        raise SettingsInvalid(f"PLAINVIEW_GENERATOR={chosen!r} is not allowed: {reason}; write package.module:Class")


def _telemetry(_facts: Facts) -> None:
    from telemetry import TelemetrySettings  # noqa: PLC0415

    TelemetrySettings.read()


def _thresholds(_facts: Facts) -> None:
    from alerts import thresholds  # noqa: PLC0415
    from telemetry.process_settings import SettingsInvalid  # noqa: PLC0415

    wrong = []
    for threshold in thresholds.THRESHOLDS:
        try:
            thresholds.load({threshold.variable: os.environ.get(threshold.variable, "")})
        except thresholds.ThresholdInvalid as error:
            wrong.append(str(error))
    if wrong:
        raise SettingsInvalid(*wrong)


def _notifier(facts: Facts) -> None:
    from alerts.notifier.settings import NotifierSettings  # noqa: PLC0415

    settings = NotifierSettings.read()
    urls = settings.notify_urls.get_secret_value()
    facts.targets = _count(urls, settings.console) if urls.strip() else 0


def _count(urls: str, console: str) -> int:
    from alerts.notifier.backoff import DeliveryPolicy  # noqa: PLC0415
    from alerts.notifier.targets import parse, quiet_libraries  # noqa: PLC0415

    quiet_libraries()
    return len(parse(urls, send_timeout=DeliveryPolicy().send_timeout, console=console))


def _console(_facts: Facts) -> None:
    from stack.console.settings import ConsoleSettings  # noqa: PLC0415

    ConsoleSettings.read()


READERS = {
    "migrate": (_service,),
    "api": (_service, _telemetry, _bill),
    "app": (_telemetry,),
    "worker": (_service, _telemetry, _generator),
    "notifier": (_notifier, _telemetry, _thresholds),
    "console": (_console, _telemetry),
}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asdict(examine(**json.load(sys.stdin)))))
