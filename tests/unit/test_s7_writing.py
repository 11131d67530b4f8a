"""One value on its way to an S7: message after message, and what is said when one fails."""

from collections.abc import Callable, Sequence

import pytest
import trio

from warlogix.addresses.s7 import parse_s7
from warlogix.drivers.exchanges import Unanswered, Unsent
from warlogix.drivers.s7.wire import Refusal, Request
from warlogix.drivers.s7.writing import S7Write
from warlogix.errors import Unreachable
from warlogix.tags import Outcome, Value, WriteResult

NUMBERS: list[Value] = list(range(500))
UNSENT = Unsent("Press", "the connection is closed")


async def ask_nobody(_request: Request) -> Sequence[bytes | int]:
    """A write that asks before it writes has gone wrong."""
    await trio.lowlevel.checkpoint()
    raise AssertionError("nothing is to be read")


class Cpu:
    """Takes messages until one of them is the one that fails."""

    def __init__(self, failing: int, fail: Callable[[int], list[int]]) -> None:
        self.messages = 0
        self._failing = failing
        self._fail = fail

    async def send(self, _message: bytes, count: int) -> list[int]:
        """The codes of a message's pieces."""
        await trio.lowlevel.checkpoint()
        self.messages += 1
        return self._fail(count) if self.messages == self._failing else [0xFF] * count


def raising(error: Exception) -> Callable[[int], list[int]]:
    """A message that ends with an error."""

    def fail(_count: int) -> list[int]:
        raise error

    return fail


async def write(cpu: Cpu) -> WriteResult:
    """An array that takes five messages."""
    value = S7Write(parse_s7("DB1.0", "INT[500]"), "latin-1", 240)
    return await value.write(NUMBERS, ask_nobody, cpu.send)


async def test_all_messages_taken_is_done() -> None:
    """Each is sent once, in order."""
    cpu = Cpu(0, raising(UNSENT))
    assert await write(cpu) == WriteResult(Outcome.DONE)
    assert cpu.messages == 5


@pytest.mark.parametrize("error", [UNSENT, Refusal(0x8104)])
async def test_a_first_message_that_was_not_taken_is_the_callers_to_tell(error: Exception) -> None:
    """Nothing was written: unreachable, or rejected."""
    with pytest.raises(type(error)):
        await write(Cpu(1, raising(error)))


@pytest.mark.parametrize("failing", [1, 2, 5])
@pytest.mark.parametrize(
    ("fail", "outcome", "reason"),
    [
        (raising(Unanswered("no answer")), Outcome.UNKNOWN, "no answer"),
        (raising(UNSENT), Outcome.UNKNOWN, "the connection is closed"),
        (raising(Refusal(0x8500)), Outcome.REFUSED, "the CPU refuses the request with error"),
        (lambda count: [0x05] * count, Outcome.REFUSED, "address out of range"),
    ],
)
async def test_a_failure_ends_the_write_and_says_what_was_written(
    failing: int, fail: Callable[[int], list[int]], outcome: Outcome, reason: str
) -> None:
    """Nothing more is sent, and no message is sent again."""
    cpu = Cpu(failing, fail)
    try:
        result = await write(cpu)
    except (Unreachable, Refusal):
        assert failing == 1
        return
    finally:
        assert cpu.messages == failing
    assert result.outcome is outcome
    assert result.reason.startswith(reason)
    told = f"; {failing - 1} of 5 pieces of the value had been written already"
    assert result.reason.endswith(told) is (failing > 1)


async def test_pieces_of_one_message_that_are_taken_are_counted() -> None:
    """A CPU judges each piece by itself: what it took is in its memory."""
    strings: list[Value] = ["a"] * 3
    header = b"\x04\x00...."

    async def ask(request: Request) -> Sequence[bytes | int]:
        await trio.lowlevel.checkpoint()
        return [header * 3][: len(request.items)]

    result = await S7Write(parse_s7("DB1.0", "STRING[4][3]"), "latin-1", 240).write(
        strings, ask, Cpu(1, lambda count: [0xFF] * (count - 1) + [0x03]).send
    )
    assert result.outcome is Outcome.REFUSED
    assert result.reason.startswith("access denied to DB1")
    assert result.reason.endswith("; 2 of 3 pieces of the value had been written already")


async def test_headers_that_the_cpu_does_not_give_refuse_the_text() -> None:
    """Its reason is the answer, and nothing is sent."""
    cpu = Cpu(1, raising(AssertionError("nothing is to be sent")))
    write_text = S7Write(parse_s7("DB9.0", "STRING[4]"), "latin-1", 240)

    async def ask(_request: Request) -> Sequence[bytes | int]:
        await trio.lowlevel.checkpoint()
        return [0x0A]

    result = await write_text.write("a", ask, cpu.send)
    assert result.outcome is Outcome.REFUSED
    assert result.reason.startswith("DB9 does not exist")
    assert cpu.messages == 0
