"""A real SMTP server of sixty lines that keeps each mail: what a drill's mail arrives at."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Final

_LARGEST_LINE: Final = 64 * 1024
_END_OF_DATA: Final = b".\r\n"


@asynccontextmanager
async def receive_mail(host: str, arrived: Callable[[EmailMessage], None]) -> AsyncIterator[int]:
    """Listen on a free port of `host` and hand each mail to `arrived`; the port is what the block gets."""
    sessions: set[asyncio.Task[None]] = set()

    async def session(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task:
            sessions.add(task)
            task.add_done_callback(sessions.discard)
        try:
            await _converse(reader, writer, arrived)
        except (ConnectionError, asyncio.IncompleteReadError, ValueError):
            return
        finally:
            writer.close()

    server = await asyncio.start_server(session, host, 0, limit=_LARGEST_LINE)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in list(sessions):
            task.cancel()
        await asyncio.gather(*sessions, return_exceptions=True)
        await server.wait_closed()


async def _converse(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, arrived: Callable[[EmailMessage], None]
) -> None:
    """Answer the commands of RFC 5321 that a sender without extensions uses."""
    writer.write(b"220 plainview drill\r\n")
    while line := await reader.readline():
        match line.split(maxsplit=1)[0].upper() if line.strip() else b"":
            case b"EHLO" | b"HELO":
                answer = b"250 plainview"
            case b"MAIL" | b"RCPT" | b"RSET" | b"NOOP":
                answer = b"250 OK"
            case b"DATA":
                writer.write(b"354 End with a line that holds a dot\r\n")
                arrived(_mail(await _data(reader)))
                answer = b"250 OK"
            case b"QUIT":
                writer.write(b"221 Bye\r\n")
                await writer.drain()
                return
            case _:
                answer = b"502 Not implemented"
        writer.write(answer + b"\r\n")
        await writer.drain()


async def _data(reader: asyncio.StreamReader) -> bytes:
    lines = []
    while (line := await reader.readline()) != _END_OF_DATA:
        if not line:
            raise ConnectionError("the sender left in the middle of a mail")
        lines.append((line[1:] if line.startswith(b".") else line).replace(b"\r\n", b"\n"))
    return b"".join(lines)


def _mail(raw: bytes) -> EmailMessage:
    mail = message_from_bytes(raw, policy=policy.default)
    if not isinstance(mail, EmailMessage):
        raise TypeError("the default policy makes an EmailMessage")
    return mail
