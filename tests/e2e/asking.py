"""What a stack says of the app that it runs, asked at its public addresses."""

import json
import time

import httpx


class Asking:
    """Questions to one stack. `app` sends requests to the app itself."""

    def __init__(self, stack):
        self._stack = stack
        self.app = httpx.Client(base_url=stack.url("api"), timeout=10)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.app.close()

    def socket(self, path):
        return f"ws{self._stack.url('api')[4:]}{path}"

    def series(self, query):
        """Values by their labels, those of the target left out; empty while there is no data."""
        url = f"{self._stack.url('prometheus')}/api/v1/query"
        answer = httpx.get(url, params={"query": query}).raise_for_status().json()
        return {
            tuple(value for name, value in sorted(sample["metric"].items()) if name not in TARGET): float(
                sample["value"][1]
            )
            for sample in answer["data"]["result"]
        }

    def spans(self, answer):
        """The spans of the trace that an answer names, once its server span is stored: names by kind."""
        trace = answer.headers["traceparent"].split("-")[1]

        def stored():
            found = httpx.get(f"{self._stack.url('query')}/api/traces/{trace}")
            return found.json()["data"][0]["spans"] if found.status_code == 200 and found.json()["data"] else []

        def complete():
            kinds = [(tags(span).get("span.kind", "internal"), span["operationName"]) for span in stored()]
            return sorted(kinds) if any(kind == "server" for kind, _ in kinds) else None

        return until(complete)

    def lines(self, event):
        """The app's log lines of an event, oldest first."""
        raw = self._stack.command("logs", "app", "--raw", "-n", "2000").stdout.splitlines()
        found = [json.loads(line) for line in raw if line.startswith("{")]
        return [line for line in found if line["event"] == event]

    def alert(self, name):
        """The state of an alert: pending, firing, or None."""
        answer = httpx.get(f"{self._stack.url('prometheus')}/api/v1/alerts").json()
        states = {alert["state"] for alert in answer["data"]["alerts"] if alert["labels"]["alertname"] == name}
        return next(iter(states), None)

    def rules(self):
        answer = httpx.get(f"{self._stack.url('prometheus')}/api/v1/rules").json()
        return {rule["name"] for group in answer["data"]["groups"] for rule in group["rules"]}


TARGET = {"__name__", "job", "instance"}


def tags(span):
    return {tag["key"]: tag["value"] for tag in span["tags"]}


def until(condition, within=40):
    deadline = time.monotonic() + within
    while not (value := condition()):
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.2)
    return value
