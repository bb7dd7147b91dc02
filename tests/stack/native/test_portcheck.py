import os
import socket

import pytest

from stack.native import portcheck
from stack.native.ports import Ports


@pytest.fixture
def taken():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_taken_port_is_named_with_part_holder_and_cure(taken, free_port):
    with pytest.raises(portcheck.PortsTaken) as caught:
        portcheck.check({"api": free_port(), "console": taken})
    message = str(caught.value)
    assert f"console: port {taken} is taken by" in message
    assert f"(pid {os.getpid()})" in message
    assert "--port-offset 100" in message
    assert "--console-port" in message
    assert "api" not in message


def test_holder_that_proc_does_not_show_is_another_users(taken, tmp_path):
    (tmp_path / "net").mkdir()
    error = OSError(98, "Address already in use")
    assert portcheck._why(error, taken, tmp_path) == "is taken by another user's process"


def test_free_ports_pass(free_port):
    portcheck.check({"api": free_port()})


def test_port_that_was_just_given_up_is_free():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)), server.accept()[0] as connection:
            connection.close()  # this side closes first and stays in TIME_WAIT
    portcheck.check({"api": port})


@pytest.mark.parametrize("port", [0, -1, 65536, 90000])
def test_number_that_is_no_port_is_said(port):
    with pytest.raises(portcheck.PortsTaken, match="is not between 1 and 65535"):
        portcheck.check({"api": port})


def test_two_parts_on_one_port_are_named(free_port):
    port = free_port()
    with pytest.raises(portcheck.PortsTaken, match=f"console: port {port} is given to api as well"):
        portcheck.check({"api": port, "console": port})


def test_ports_shift_and_change():
    ports = Ports().shifted(100).replaced(api=1234, console=None)
    assert (ports.api, ports.console, ports.query) == (1234, 8180, 16786)
    assert list(ports.named()) == [
        "api",
        "worker",
        "notifier",
        "prometheus",
        "alertmanager",
        "console",
        "otlp",
        "query",
    ]


def test_port_that_no_browser_opens_is_refused_for_the_console_alone():
    with pytest.raises(portcheck.PortsTaken, match="port 10080 is one that browsers refuse"):
        portcheck.check({"console": 10080})
    portcheck.check({"api": 10080})


def test_offset_that_leads_past_the_last_port_is_answered_with_the_range():
    with pytest.raises(portcheck.PortsTaken) as caught:
        portcheck.check_numbers(Ports().shifted(60000).named())
    assert "from -4317 to 48849" in str(caught.value)
    assert "stop what holds them" not in str(caught.value)
