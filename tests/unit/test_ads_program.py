import struct
import time
from functools import partial

import pytest
import trio

from warlogix.drivers.ads.program import Absent, Program, Variable
from warlogix.drivers.ads.wire import AdsRefusal, Request
from warlogix.simulators.ads import NET_ID, Field, Journal, Project, Struct, Symbol
from warlogix.simulators.ads.host import Host
from warlogix.simulators.ads.services import Services

COUNTER = b"_AppInfo.OnlineChangeCnt"


class Asked:
    """A runtime that is asked without a connection; `hides` is a name that it does not tell."""

    def __init__(self, project: Project, hides: bytes = b"") -> None:
        journal = Journal(time.time)
        self.runtime = Host(NET_ID, {851: project}, journal).runtimes[851]
        self.requests = 0
        self._services = Services(self.runtime, journal)
        self._hides = hides

    async def __call__(self, request: Request) -> bytes:
        """The data of the reply."""
        await trio.lowlevel.checkpoint()
        self.requests += 1
        data = request.data
        if self._hides:
            data = data.replace(self._hides, b"?" * len(self._hides))
        return self._services.carry_out(request.command, data)[4:]


COUNT = Symbol("MAIN.Count", "DINT", 1)
TWO = Project((COUNT, Symbol("MAIN.Motor", "ST_M")), (Struct("ST_M", (Field("On", "BOOL"),)),))


@pytest.mark.parametrize("hides", [b"", COUNTER], ids=["counts changes", "does not"])
async def test_an_online_change_is_seen(hides: bytes) -> None:
    """By the PLC's own count, or where it has none by the size of its tables."""
    ask = Asked(TWO, hides)
    program = Program(ask, "latin-1")
    await program.begin()
    await program.learn(["MAIN.Count", "MAIN.Motor"], trio.current_time() + 5, trio.current_time)
    assert program.is_current(await program.read_signs())
    ask.runtime.online_change(Project((COUNT,)))
    assert not program.is_current(await program.read_signs())


async def test_learning_stops_when_its_time_is_over_and_goes_on_next_time() -> None:
    """A PLC with very many tags is learned in several calls, each of them bounded."""
    names = [f"GVL.V{number}" for number in range(450)]
    ask = Asked(Project(tuple(Symbol(name, "INT") for name in names)))
    program = Program(ask, "latin-1")
    await program.begin()
    clock = iter(range(1000))
    await program.learn(names, 4, lambda: float(next(clock)))
    known = [name for name in names if isinstance(program.find(name), Variable)]
    assert known == names[:400]
    edition = program.edition
    await program.learn(names, trio.current_time() + 5, trio.current_time)
    assert all(isinstance(program.find(name), Variable) for name in names)
    assert program.edition > edition


async def test_what_stays_missing_makes_no_new_plans() -> None:
    """An answer that says the same as before moves nothing."""
    program = Program(Asked(TWO), "latin-1")
    await program.begin()
    await program.learn(["MAIN.Nobody"], 5, lambda: 0)
    edition, found = program.edition, program.find("MAIN.Nobody")
    assert isinstance(found, Absent)
    await program.learn(["MAIN.Nobody"], 100, lambda: 50)
    assert program.edition == edition


async def test_a_type_too_long_for_its_share_is_asked_for_by_itself() -> None:
    """A structure with a thousand members is as good as any other."""
    fields = tuple(Field(f"MemberWithAName{number}", "INT") for number in range(1000))
    project = Project((Symbol("MAIN.Big", "ST_Big"),), (Struct("ST_Big", fields),))
    program = Program(Asked(project), "latin-1")
    await program.begin()
    await program.learn(["MAIN.Big"], trio.current_time() + 5, trio.current_time)
    found = program.find("MAIN.Big")
    assert isinstance(found, Variable)
    assert found.layout.size == 2000


async def test_a_plc_that_is_busy_gives_no_structure_with_a_member_missing() -> None:
    """What it does not tell of a type now is asked for again, and not taken for nothing."""
    whole = Asked(TWO)

    async def ask(request: Request) -> bytes:
        if struct.unpack_from("<I", request.data, 16)[0] == 0xF011:
            return struct.pack("<II", 0x708, 0)
        return await whole(request)

    program = Program(ask, "latin-1")
    await program.begin()
    with pytest.raises(AdsRefusal):
        await program.learn(["MAIN.Motor"], trio.current_time() + 5, trio.current_time)
    assert program.find("MAIN.Motor") is None


async def test_a_plc_without_any_signs_is_used_all_the_same() -> None:
    """Its handles say by themselves that they are of an older program."""

    async def ask(request: Request) -> bytes:
        await trio.lowlevel.checkpoint()
        group, count = struct.unpack_from("<II", request.data)
        if group == 0xF080:
            sizes = sum(request.data[16 + 12 * each + 8] for each in range(count))
            return bytes.fromhex("01070000") * int(count) + bytes(sizes)
        return bytes.fromhex("1007000000000000") * int(count)

    program = Program(ask, "latin-1")
    await program.begin()
    assert program.signs == ()
    assert program.is_current(await program.read_signs())


async def test_what_ends_an_exchange_comes_out() -> None:
    """Nothing is learned of a PLC that refuses the request as a whole."""

    async def ask(request: Request) -> bytes:
        await trio.lowlevel.checkpoint()
        raise AdsRefusal(6)

    with pytest.raises(AdsRefusal):
        await Program(ask, "latin-1").begin()


async def test_what_a_plc_refuses_again_and_again_keeps_no_more_handles() -> None:
    """A tag that stays bad for years must not fill the PLC's list of handles."""
    ask = Asked(TWO)
    program = Program(ask, "latin-1")
    await program.begin()
    for now in range(0, 1000, 20):
        await program.learn(["MAIN.Count"], now + 5, partial(float, now))
        program.refuse("MAIN.Count", 0x705, now)
    await program.learn([], 1005, lambda: 1000)
    assert len(ask.runtime.handles) == 1


async def test_a_count_of_changes_that_is_away_for_a_moment_is_not_done_without() -> None:
    """With a coarser sign in its place an online change would not be seen until the next one."""
    whole = Asked(TWO)

    async def ask(request: Request) -> bytes:
        reply = await whole(request)
        return struct.pack("<II", 0x708, 0) if COUNTER in request.data else reply

    with pytest.raises(AdsRefusal):
        await Program(ask, "latin-1").begin()


async def test_a_download_while_the_signs_are_learned_makes_them_learned_anew() -> None:
    """The handle of the count is of the older program then, and its refusal no lack of a count."""
    whole = Asked(TWO)

    async def ask(request: Request) -> bytes:
        reply = await whole(request)
        if COUNTER in request.data:
            whole.runtime.download(TWO)
        return reply

    program = Program(ask, "latin-1")
    await program.begin()
    assert not program.is_current(await program.read_signs())
