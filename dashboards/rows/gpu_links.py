"""How the cards reach the host and each other: PCIe and NVLink."""

from __future__ import annotations

from dashboards import queries as q
from dashboards.model import About, Panel, Query
from dashboards.rows.gpu import CARD, NO_CARD, charted
from telemetry import catalog


def pcie_traffic() -> Panel:
    about = About(
        "PCIe traffic",
        "Bytes per second that the card sends to and receives from the host, from its counters. At the link's limit data waits for the slot, not for the card.",
        unit="binBps",
        empty=NO_CARD,
    )
    both = ((catalog.GPU_PCIE_TRANSMIT, "sent"), (catalog.GPU_PCIE_RECEIVE, "received"))
    lines = [Query(_rate(metric.name), f"GPU {{{{index}}}} {name}") for metric, name in both]
    return charted(about, tuple(metric for metric, _ in both), *lines)


def pcie_link() -> Panel:
    about = About(
        "PCIe link",
        "Lanes and generation in use as a share of what card and slot can do. The generation drops on purpose while the card is idle; below 100 % under load the slot or riser is bad.",
        unit="percentunit",
        empty=NO_CARD,
    )
    return charted(
        about,
        (catalog.GPU_PCIE_WIDTH,),
        Query(_share(catalog.GPU_PCIE_WIDTH, catalog.GPU_PCIE_WIDTH_MAX), "GPU {{index}} lanes"),
        Query(_share(catalog.GPU_PCIE_GENERATION, catalog.GPU_PCIE_GENERATION_MAX), "GPU {{index}} generation"),
        top=1,
    )


def pcie_replays() -> Panel:
    about = About(
        "PCIe replays",
        "Packets sent again in the hour before each point. A steady climb means a bad slot, riser or link.",
        unit="short",
        empty=NO_CARD,
    )
    lines = q.by_card(q.in_an_hour(catalog.GPU_PCIE_REPLAYS))
    return charted(about, (catalog.GPU_PCIE_REPLAYS,), Query(lines, CARD), decimals=0)


def nvlink_traffic() -> Panel:
    about = About(
        "NVLink traffic",
        "Bytes per second over all links of a card, without protocol overhead. One card far below its peers holds the others up.",
        unit="binBps",
        empty=NO_CARD,
    )
    both = ((catalog.GPU_NVLINK_TRANSMIT, "sent"), (catalog.GPU_NVLINK_RECEIVE, "received"))
    lines = [Query(_rate(metric.name, "link"), f"GPU {{{{index}}}} {name}") for metric, name in both]
    return charted(about, tuple(metric for metric, _ in both), *lines)


def nvlinks_up() -> Panel:
    about = About(
        "NVLinks up",
        "Links of each card that are up. Fewer than before means that a link is down: work over several cards slows or stops.",
        unit="short",
        empty=NO_CARD,
    )
    up = q.named(f"sum by (gpu_uuid) ({q.per_card(catalog.GPU_NVLINK_ACTIVE.name, 'link')})")
    return charted(about, (catalog.GPU_NVLINK_ACTIVE,), Query(up, CARD), decimals=0)


def nvlink_errors() -> Panel:
    about = About(
        "NVLink errors",
        "Errors over all links of a card in the hour before each point, by kind. A few replays are harmless; recoveries and a steady climb are not.",
        unit="short",
        empty=NO_CARD,
    )
    per_link = q.per_card(q.in_an_hour(catalog.GPU_NVLINK_ERRORS), "link", "kind")
    by_kind = q.named(f"sum by (gpu_uuid, kind) ({per_link})")
    return charted(about, (catalog.GPU_NVLINK_ERRORS,), Query(by_kind, "GPU {{index}} {{kind}}"), decimals=0)


def _rate(name: str, *links: str) -> str:
    per_link = q.per_card(f"rate({name}[$__rate_interval])", *links)
    return q.named(f"sum by (gpu_uuid) ({per_link})")


def _share(now: catalog.Metric, most: catalog.Metric) -> str:
    return q.named(f"({q.per_card(now.name)} / ({q.per_card(most.name)} > 0))")
