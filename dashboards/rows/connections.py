"""Who is connected to the servers, and who was cut off."""

from __future__ import annotations

from dashboards import queries as q
from dashboards.model import About, Panel, Query, Row
from dashboards.panels import timeseries
from telemetry import catalog


def row() -> Row:
    return Row("Connections", (held(), cut(), streams()))


def held() -> Panel:
    about = About(
        "Connections open",
        "Connections that clients hold, idle ones too. Far more than requests in flight, or a climb towards PLAINVIEW_MAX_CONNECTIONS, is clients that never leave.",
        unit="short",
        empty="No server is scraped",
    )
    return timeseries(about, Query(q.total(q.select(catalog.HTTP_CONNECTIONS), "job"), "{{job}}"), decimals=0)


def cut() -> Panel:
    about = About(
        "Connections cut off",
        "Connections ended for what their client did, and requests refused for want of one, in the hour before each point. Many that are slow or too many are an attack, or a proxy that is not named as one.",
        unit="short",
        empty="No server is scraped",
    )
    ended = q.counted(q.select(catalog.HTTP_CONNECTIONS_CUT), "1h", "reason")
    return timeseries(about, Query(ended, "{{reason}}"), style="bars", decimals=0)


def streams() -> Panel:
    about = About(
        "Event streams open",
        "Clients that are told of one job as it goes. More than jobs that wait or run is clients that do not leave when theirs has ended.",
        unit="short",
        empty="The app is not scraped",
    )
    return timeseries(about, Query(q.total(q.select(catalog.EVENT_STREAMS)), "streams"), decimals=0)
