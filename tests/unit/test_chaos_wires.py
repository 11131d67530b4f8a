"""The wire between a gateway and a simulated PLC."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial

import pytest
import trio
from trio_util import AsyncValue

from tests.chaos.wires import Wire, open_wires
from tests.doors import HOST, open_door

LIMIT = 20
QUESTION = bytes(range(200))


@asynccontextmanager
async def wired(answered: Callable[[str], None] = print) -> AsyncIterator[Wire]:
    """A wire to somebody who says what was said to him."""

    async def echo(stream: trio.SocketStream) -> None:
        async with stream:
            async for chunk in stream:
                await stream.send_all(chunk)

    with trio.fail_after(LIMIT):
        async with open_door(echo) as door, open_wires({"Echo": door.port}, answered) as wires:
            yield wires["Echo"]


async def ask(client: trio.SocketStream) -> list[int]:
    """The sizes of the pieces in which the answer came."""
    await client.send_all(QUESTION)
    return await hear(client)


async def hear(client: trio.SocketStream) -> list[int]:
    """The sizes of the pieces in which an answer comes."""
    received, sizes = b"", []
    while len(received) < len(QUESTION):
        chunk = await client.receive_some()
        assert chunk
        received += chunk
        sizes.append(len(chunk))
    assert received == QUESTION
    return sizes


dial = partial(trio.open_tcp_stream, HOST)


@pytest.mark.parametrize("trouble", [Wire.mend, Wire.split, partial(Wire.delay, seconds=0.05)])
async def test_what_is_carried_arrives_whole(trouble: Callable[[Wire], None]) -> None:
    """Every byte arrives in its order, also in single bytes and late."""
    async with wired() as wire, await dial(wire.port) as client:
        trouble(wire)
        await ask(client)


async def test_an_answer_comes_in_pieces() -> None:
    """A wire that splits gives a reader many pieces, one that is mended few."""
    async with wired() as wire, await dial(wire.port) as client:
        wire.split()
        pieces = len(await ask(client))
        wire.mend()
        assert pieces > 20 > len(await ask(client))


async def test_a_cut_wire_refuses_until_it_is_mended() -> None:
    """Cutting ends every connection and refuses new ones; mended, the same port takes them."""
    async with wired() as wire:
        async with await dial(wire.port) as client:
            await ask(client)
            wire.cut()
            assert await client.receive_some() == b""
        with pytest.raises(OSError, match="onnect"):
            await dial(wire.port)
        wire.mend()
        async with await dial(wire.port) as client:
            await ask(client)


async def test_what_is_held_back_goes_when_the_wire_is_mended() -> None:
    """However long an answer was to be held back, mending lets it go at once."""
    async with wired() as wire, await dial(wire.port) as client:
        wire.delay(LIMIT * 10)
        await client.send_all(QUESTION)
        with trio.move_on_after(0.2) as held:
            await client.receive_some()
        assert held.cancelled_caught
        wire.mend()
        await hear(client)


async def test_only_whole_answers_to_whole_questions_count() -> None:
    """Who asks over a wire that is in order is known to read the PLC, and else is not."""
    answered: AsyncValue[str] = AsyncValue("")
    note = partial(setattr, answered, "value")
    async with wired(note) as wire, await dial(wire.port) as client:
        wire.delay(0.01)
        await ask(client)
        wire.mend()
        assert not answered.value
        await ask(client)
        await answered.wait_value("Echo")
