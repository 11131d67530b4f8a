"""The driver for FINS against servers that send what no PLC should."""

import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial

import pytest
import trio

from tests.protocol.test_fins_driver import connected, new_driver, value, write
from warlogix.drivers.base import Driver
from warlogix.errors import Unreachable
from warlogix.simulators.fins import CJ2M, Journal, Memory, Station
from warlogix.tags import Outcome, Tag

LIMIT = 20
GREETED = bytes((0, 0, 0, 240, 0, 0, 0, 10))


def framed(command: int, body: bytes, error: int = 0) -> bytes:
    """A FINS/TCP frame."""
    return b"FINS" + struct.pack(">III", 8 + len(body), command, error) + body


def station() -> Station:
    """A CPU without sockets."""
    return Station(CJ2M, Memory(), Journal(lambda: 0.0))


@asynccontextmanager
async def served(answer: Callable[[bytes], bytes]) -> AsyncIterator[int]:
    """The port of a TCP server that answers each chunk by this function."""

    async def talk(stream: trio.SocketStream) -> None:
        async for chunk in stream:
            await stream.send_all(answer(bytes(chunk)))

    async with trio.open_nursery() as nursery:
        serve = partial(trio.serve_tcp, talk, 0, host="127.0.0.1")
        (listener,) = await nursery.start(serve)
        yield listener.socket.getsockname()[1]
        nursery.cancel_scope.cancel()


def greeting_then(*answers: bytes) -> Callable[[bytes], bytes]:
    """Answers a greeting rightly, and what follows with these bytes in turn."""
    left = iter([framed(1, GREETED), *answers])
    return lambda _: next(left)


@pytest.mark.parametrize(
    "greeting",
    [
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"FINS" + b"\xff" * 12,
        b"FINS" + struct.pack(">III", 4, 1, 0),
        framed(1, b""),
        framed(2, bytes(8)),
        framed(1, bytes(8)),
        framed(1, bytes((0, 0, 1, 0)) + bytes(4)),
    ],
)
async def test_a_server_that_is_no_plc_is_unreachable(greeting: bytes) -> None:
    """Bytes that are no FINS/TCP, and lengths of gigabytes, end the attempt at once."""
    with trio.fail_after(LIMIT):
        async with served(lambda _: greeting) as port:
            with pytest.raises(Unreachable, match="the PLC sent"):
                await new_driver(port).connect()


@pytest.mark.parametrize(
    "answer",
    [
        framed(3, b"", 1),
        framed(7, b""),
        framed(2, b""),
        framed(2, bytes(14)),
        b"FINS\xff\xff\xff\xff",
    ],
)
async def test_an_answer_that_is_none_is_no_connection(answer: bytes) -> None:
    """What comes in place of the controller's data is never taken for them."""
    with trio.fail_after(LIMIT):
        async with served(greeting_then(answer)) as port:
            with pytest.raises(Unreachable):
                await new_driver(port).connect()


async def test_a_confirmation_is_passed_over() -> None:
    """A unit may ask whether the connection is alive: that frame is dropped."""
    cpu = station()

    def answer(chunk: bytes) -> bytes:
        if chunk[8:12] == bytes(4):
            return framed(1, GREETED)
        return framed(6, b"") + framed(2, cpu.answer(chunk[16:]))

    with trio.fail_after(LIMIT):
        async with served(answer) as port, connected(port) as driver:
            assert await value(driver, "D0") == 0


@asynccontextmanager
async def datagrams(
    reply: Callable[[bytes, Callable[[bytes], Awaitable[object]]], Awaitable[None]],
) -> AsyncIterator[int]:
    """The port of a UDP server that replies by this function; nobody takes TCP there."""

    async def serve(
        opened: trio.socket.SocketType,
        task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED,
    ) -> None:
        task_status.started()
        while True:
            frame, sender = await opened.recvfrom(4096)

            async def send(answer: bytes, to: tuple[str, int] = sender) -> object:
                return await opened.sendto(answer, to)

            await reply(frame, send)

    with trio.socket.socket(trio.socket.AF_INET, trio.socket.SOCK_DGRAM) as opened:
        await opened.bind(("127.0.0.1", 0))
        async with trio.open_nursery() as nursery:
            await nursery.start(serve, opened)
            yield opened.getsockname()[1]
            nursery.cancel_scope.cancel()


async def test_a_datagram_that_comes_twice_is_taken_once() -> None:
    """A network that doubles datagrams costs neither a value nor the connection."""
    cpu = station()

    async def reply(frame: bytes, send: Callable[[bytes], Awaitable[object]]) -> None:
        for _ in range(2):
            await send(cpu.answer(frame))

    with trio.fail_after(LIMIT):
        async with datagrams(reply) as port, connected(port) as driver:
            for number in range(300):
                cpu.memory.data[1] = number % 256
                assert await value(driver, "D0") == number % 256
            assert (await write(driver, "D1", "INT", 7)).outcome is Outcome.DONE
            assert await value(driver, "D1") == 7


async def test_an_answer_to_an_earlier_command_is_never_taken() -> None:
    """Late datagrams with other numbers are passed over until the time is up."""
    cpu = station()
    late: list[bytes] = []

    async def reply(frame: bytes, send: Callable[[bytes], Awaitable[object]]) -> None:
        late.append(cpu.answer(frame))
        if len(late) == 1:
            await send(late[0])
        elif len(late) > 2:
            await send(late[-2])

    with trio.fail_after(LIMIT):
        async with datagrams(reply) as port:
            driver = new_driver(port)
            await driver.connect()
            with pytest.raises(Unreachable, match=r"no answer within 1 s"):
                await driver.read((Tag("D0"),))
            with pytest.raises(Unreachable, match="not connected"):
                await driver.read((Tag("D0"),))


async def test_a_late_datagram_reaches_nobody() -> None:
    """After a time-out the next connection has another socket, and the late answer no reader."""
    cpu = station()
    held: list[tuple[bytes, Callable[[bytes], Awaitable[object]]]] = []
    stalled = False

    async def reply(frame: bytes, send: Callable[[bytes], Awaitable[object]]) -> None:
        if stalled:
            held.append((cpu.answer(frame), send))
        else:
            await send(cpu.answer(frame))

    async def fail(driver: Driver) -> None:
        with pytest.raises(Unreachable):
            await driver.read((Tag("D0"),))

    with trio.fail_after(LIMIT):
        async with datagrams(reply) as port:
            first = new_driver(port)
            await first.connect()
            stalled = True
            await fail(first)
            stalled = False
            cpu.memory.data[:2] = b"\x00\x09"
            async with connected(port) as second:
                for answer, send in held:
                    await send(answer)
                assert await value(second, "D0") == 9
