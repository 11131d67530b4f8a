"""Many writes through a Plc while the CPU stalls, drops and lies: exact counts."""

import random
from collections import Counter
from dataclasses import dataclass, field
from typing import NoReturn

import pytest
import trio

from warlogix.drivers.s7 import S7Driver
from warlogix.errors import Unreachable
from warlogix.plc import Plc
from warlogix.simulators.s7 import Memory, S7Simulator, open_s7_simulator, spoilers
from warlogix.tags import Endpoint, Outcome, Tag

TAG = Tag("DB1.DBD0", data_type="DINT")
POLLED = (Tag("DB1.DBD4", data_type="DINT"),)
WRITES = 250


@dataclass
class Account:
    """What each written number was said to have become; a number that is missing never began."""

    outcomes: dict[int, Outcome] = field(default_factory=dict)
    unsent: set[int] = field(default_factory=set)


async def hold(plc: Plc) -> NoReturn:
    """Poll like a poller, and connect again at once."""
    while True:
        try:
            async with plc.connected():
                while True:
                    await plc.read(POLLED)
                    await trio.sleep(0.005)
        except Unreachable:
            await trio.sleep(0.001)


async def make_trouble(simulator: S7Simulator, chance: random.Random) -> NoReturn:
    """Something else every few milliseconds, and quiet times between."""
    while True:
        match chance.choice(["stall", "drop", "spoil", "quiet", "quiet"]):
            case "stall":
                simulator.stall()
            case "drop":
                simulator.drop()
            case "spoil":
                simulator.spoil = chance.choice(
                    [spoilers.silence, spoilers.cut, spoilers.answer_another, spoilers.truncate]
                )
        await trio.sleep(chance.uniform(0, 0.03))
        simulator.spoil = None
        simulator.resume()
        await trio.sleep(chance.uniform(0, 0.03))


async def write(plc: Plc, number: int, patience: float, account: Account) -> None:
    """Write one number and note what became of it; give up after a while."""
    with trio.move_on_after(patience):
        try:
            async with plc.turn() as turn:
                account.outcomes[number] = (await turn.write(TAG, number)).outcome
        except Unreachable:
            account.unsent.add(number)


async def write_all(simulator: S7Simulator, chance: random.Random) -> Account:
    """All numbers, each begun once, some of them side by side."""
    account = Account()
    where = Endpoint("Press", "s7", "127.0.0.1", simulator.port, slot=1, timeout=0.05)
    plc = Plc(where, S7Driver)
    async with trio.open_nursery() as background:
        background.start_soon(hold, plc)
        background.start_soon(make_trouble, simulator, chance)
        await plc.status.wait_value(lambda status: status.online)
        async with trio.open_nursery() as writers:
            for number in range(1, WRITES + 1):
                patience = chance.choice([0.001, 0.01, 0.1, 10])
                writers.start_soon(write, plc, number, patience, account)
                await trio.sleep(chance.uniform(0, 0.02))
        background.cancel_scope.cancel()
    return account


@pytest.mark.parametrize("seed", range(2))
async def test_every_write_is_what_it_was_said_to_be(seed: int) -> None:
    """Done is in the PLC once, not sent is not there, unknown is there at most once."""
    with trio.fail_after(60):
        async with open_s7_simulator(Memory({1: bytearray(8)})) as simulator:
            account = await write_all(simulator, random.Random(seed))
            simulator.resume()
            await simulator.connections.wait_value(0)
    journal = simulator.journal.writes
    carried_out = Counter(int.from_bytes(write.data, "big") for write in journal)
    by_outcome = {
        outcome: {number for number, each in account.outcomes.items() if each is outcome}
        for outcome in Outcome
    }
    assert set(carried_out.values()) == {1}
    assert by_outcome[Outcome.DONE] <= carried_out.keys()
    assert carried_out.keys() <= by_outcome[Outcome.DONE] | by_outcome[Outcome.UNKNOWN]
    assert not by_outcome[Outcome.REFUSED]
    assert account.unsent.isdisjoint(carried_out)
    assert by_outcome[Outcome.DONE]
    assert by_outcome[Outcome.UNKNOWN] or account.unsent
