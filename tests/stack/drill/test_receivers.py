from __future__ import annotations

import asyncio
import smtplib
from email.message import EmailMessage

import httpx
import pytest

from stack.drill.smtp import receive_mail
from stack.drill.webhook import receive_webhooks


def _mail(body: str) -> EmailMessage:
    mail = EmailMessage()
    mail["Subject"], mail["From"], mail["To"] = "[FIRING] ÄpiErrorRateHigh", "plainview@example.org", "ops@example.org"
    mail.set_content(body)
    return mail


def _send(port: int, *mails: EmailMessage) -> None:
    with smtplib.SMTP("127.0.0.1", port, timeout=10) as smtp:
        for mail in mails:
            smtp.send_message(mail)


async def test_mail_arrives_whole_whatever_its_lines_begin_with():
    arrived: list[EmailMessage] = []
    body = "one\n.two\n..three\n.\nfour\n"
    async with receive_mail("127.0.0.1", arrived.append) as port:
        await asyncio.to_thread(_send, port, _mail(body), _mail("second"))
    assert arrived[0]["Subject"] == "[FIRING] ÄpiErrorRateHigh"
    assert arrived[0].get_content() == body
    assert arrived[1].get_content() == "second\n"


async def test_sender_that_leaves_in_the_middle_disturbs_nobody():
    arrived: list[EmailMessage] = []
    async with receive_mail("127.0.0.1", arrived.append) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        await reader.readline()
        writer.write(b"NONSENSE\r\nDATA\r\nSubject: half")
        await writer.drain()
        assert (await reader.readline()).startswith(b"502")
        writer.close()
        await asyncio.to_thread(_send, port, _mail("whole"))
    assert [mail.get_content() for mail in arrived] == ["whole\n"]


async def test_open_session_does_not_hold_the_end_up():
    async with asyncio.timeout(5), receive_mail("127.0.0.1", lambda _: None) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        await reader.readline()
    writer.close()


async def test_webhook_call_arrives():
    arrived: list[dict[str, object]] = []
    async with receive_webhooks("127.0.0.1", arrived.append) as port, httpx.AsyncClient(trust_env=False) as client:
        answer = await client.post(f"http://127.0.0.1:{port}/drill", json={"title": "[FIRING] X"})
    assert answer.status_code == 204
    assert arrived == [{"title": "[FIRING] X"}]
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", port)
