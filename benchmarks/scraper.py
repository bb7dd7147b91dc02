# ruff: noqa: INP001 - a folder of scripts, no package
"""Scrapes a port in OpenMetrics four times a second, as an eager Prometheus would, until it is killed."""

import sys
import time
from http.client import HTTPConnection

connection = HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=30)
while True:
    connection.request("GET", "/metrics", headers={"accept": "application/openmetrics-text;version=1.0.0"})
    connection.getresponse().read()
    time.sleep(0.25)
