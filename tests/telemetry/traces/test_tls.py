"""An OTLP receiver behind TLS: trusted through SSL_CERT_FILE, refused without."""

import shutil
import ssl
import subprocess

import pytest

from telemetry import TelemetrySettings
from telemetry.traces._answer import Accepted, Refused
from telemetry.traces._receiver import HttpReceiver

pytestmark = pytest.mark.skipif(not shutil.which("openssl"), reason="openssl, to make a certificate, is not installed")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("certificate")
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -keyout key.pem -out cert.pem"
    names = ["-addext", "subjectAltName=DNS:localhost"]
    subprocess.run([*command.split(), *names], cwd=folder, check=True, capture_output=True)
    return folder


@pytest.fixture
def url(sink, certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    sink._server.socket = context.wrap_socket(sink._server.socket, server_side=True)
    return sink.url.replace("http://127.0.0.1", "https://localhost")


def test_a_trusted_certificate_is_accepted_and_the_connection_kept(url, certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "cert.pem"))
    receiver = HttpReceiver(TelemetrySettings(otlp_endpoint=url))
    assert [receiver.post(b"", 5) for _ in range(3)] == [Accepted()] * 3
    receiver.close()


def test_an_unknown_certificate_is_refused_under_its_own_name(url):
    receiver = HttpReceiver(TelemetrySettings(otlp_endpoint=url))
    assert receiver.post(b"", 5) == Refused("certificate", retry=True)
    receiver.close()
