"""Write requests for PLCs that tell their types: structures, other programs, and being away."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import trio

from tests.answers import answered, open_tail
from tests.end_to_end.gateway import running
from tests.writers import Sender, Site, ask
from warlogix.simulators.ads import Field, Project, Struct, Symbol, open_ads_simulator
from warlogix.simulators.cip import (
    Member,
    Program,
    Record,
    Tag,
    open_logix_simulator,
    open_nj_simulator,
)

LIMIT = 120
MOTOR = {"Speed": 7, "Name": "left"}


@dataclass(frozen=True)
class Maker:
    """One family: how its PLC is configured and opened, and a program whose Count is an INT."""

    keys: Mapping[str, object]
    names: Sequence[str]
    open: Callable[[], AbstractAsyncContextManager[Any]]
    other: Any

    def document(self) -> dict[str, object]:
        """The PLC in the configuration; the last of its tags is not there."""
        tags = [{"name": name, "writable": True} for name in self.names]
        return {**self.keys, "slot": 0, "poll_rate": "250ms", "tags": tags}


def _program(count: str) -> Program:
    kinds = (Record("Motor", (Member("Speed", "INT"), Member("Name", "STRING"))),)
    return Program((Tag("Count", count), Tag("Motors", "Motor[2]")), types=kinds)


def _project(count: str) -> Project:
    kinds = (Struct("Motor", (Field("Speed", "INT"), Field("Name", "STRING(20)"))),)
    symbols = (Symbol("MAIN.Count", count), Symbol("MAIN.Motors", "ARRAY [0..1] OF Motor"))
    return Project(symbols, types=kinds)


_CIP = ("Count", "Motors", "Gone")
MAKERS = {
    "logix": Maker(
        {"family": "logix"}, _CIP, lambda: open_logix_simulator(_program("DINT")), _program("INT")
    ),
    "omron": Maker(
        {"family": "omron", "protocol": "eip"},
        _CIP,
        lambda: open_nj_simulator(_program("DINT")),
        _program("INT"),
    ),
    "beckhoff": Maker(
        {"family": "beckhoff", "ams_net_id": "5.1.2.3.1.1"},
        ("MAIN.Count", "MAIN.Motors", "MAIN.Gone"),
        lambda: open_ads_simulator(_project("DINT"), net_id="5.1.2.3.1.1"),
        _project("INT"),
    ),
}


class Line:
    """A gateway with one PLC, asked over Kafka."""

    def __init__(self, site: Site, plc: Any, tail: Any) -> None:
        self.plc = plc
        self._sender = Sender(site.kafka, site.writes)
        self._tail = tail
        self._asked = 0

    async def told(self, tag: str, value: object, **more: object) -> str:
        """What the answer to a request says; "done" for success."""
        self._asked += 1
        await self._sender.send([ask("Press", tag, value, **more)])
        answer = (await answered(self._tail, self._asked))[-1]
        return answer.error or answer.outcome


@asynccontextmanager
async def asked(maker: Maker, kafka: str, namespace: str, folder: Path) -> AsyncIterator[Line]:
    """A gateway that has read its PLC."""
    with trio.fail_after(LIMIT):
        async with maker.open() as plc:
            site = Site(namespace, kafka, {"Press": plc.port}, plc=maker.document())
            async with running(site.configured(folder)) as gateway:
                await site.ready()
                await gateway.says("Press: connected")
                async with open_tail(kafka, site.responses) as tail:
                    yield Line(site, plc, tail)


@pytest.mark.parametrize("family", list(MAKERS))
async def test_values_are_converted_by_what_the_plc_tells(
    family: str, kafka: str, topic_prefix: str, tmp_path: Path
) -> None:
    """Structures are written whole or refused by the member's name; a tag that the PLC lacks is
    not executed; another program's type decides from the moment it is there."""
    maker = MAKERS[family]
    count, motors, gone = maker.names
    async with asked(maker, kafka, topic_prefix, tmp_path) as line:
        right = {"Name": "right", "Speed": 8}
        assert await line.told(motors, [MOTOR, right], request_id="a") == "done"
        assert line.plc.get(motors) == [MOTOR, right]
        again = await line.told(motors, [MOTOR, right], request_id="a")
        assert again == "request repeated: same request_id as offset 0"
        error = await line.told(motors, [MOTOR, right | {"Speed": 40000}])
        assert error.startswith("member [1].Speed: 40000 does not fit INT; it takes")
        error = await line.told(motors, [MOTOR, {"Speed": 1}])
        assert error.startswith("element [1]: an object does not fit: it lacks Name; Motor takes")
        error = await line.told(gone, 1)
        assert error.startswith(f"not executed: tag {gone} of PLC Press is bad: ")
        assert await line.told(count, 40000) == "done"
        assert line.plc.get(count) == 40000

        line.plc.download(maker.other)
        held, error = line.plc.get(count), ""
        while not error.startswith("40001 does not fit INT; it takes whole numbers from -32768"):
            error = await line.told(count, 40001)
            assert error != "done"
        assert line.plc.get(count) == held
        assert await line.told(count, 5) == "done"
        assert line.plc.get(count) == 5


@pytest.mark.parametrize("family", list(MAKERS))
async def test_a_plc_that_is_away_is_not_written_to(
    family: str, kafka: str, topic_prefix: str, tmp_path: Path
) -> None:
    """Its type is nobody's to know then: the answer says why, and a repetition stays one when the
    PLC is back."""
    maker = MAKERS[family]
    async with asked(maker, kafka, topic_prefix, tmp_path) as line:
        line.plc.drop()
        line.plc.refuse()
        await line.plc.connections.wait_value(lambda count: not count)
        error = ""
        while not error.startswith("not executed: Press: not connected: "):
            error = await line.told(maker.names[0], 7)
        away = await line.told(maker.names[0], 7, request_id="a")
        assert away.startswith("not executed: Press: not connected: ")
        assert line.plc.get(maker.names[0]) == 0
        line.plc.accept()
        while error.startswith("not executed: "):
            error = await line.told(maker.names[0], 8)
        assert error == "done"
        again = await line.told(maker.names[0], 7.0, request_id="a")
        assert again.startswith("request repeated: same request_id as offset")
        assert line.plc.get(maker.names[0]) == 8
