"""The PLC's program of the handshake, scan by scan, on a machine without a network."""

from random import Random

from tests.handshake.faults import plan
from tests.handshake.machines import Machine, Written
from tests.handshake.program import Order, Program
from tests.handshake.truth import Ack, Kind, Part, data_of
from warlogix.simulators.s7 import S7_1500, Journal, Memory, Station
from warlogix.simulators.s7.station import Session
from warlogix.simulators.server import Simulator

LOW = 0.05
MUCH = 100  # requests: more than any program waits for


class Bench:
    """A machine whose memory is a dictionary, and its program with one station."""

    def __init__(self, parts: int) -> None:
        station = Station(S7_1500, Memory({}), Journal(float))
        self.plc = Simulator(lambda: Session(station))
        self.plc.connections.value = 1
        self.plc.carried_out.value = MUCH
        self.values: dict[str, int] = {"Ack0": 0}
        self.writes: list[Written] = []
        self.order = Order(parts)
        machine = Machine("Press", self.plc, {}, self._put, self._get, self._written, self._nothing)
        self.program = Program(machine, 1, self.order, LOW)

    def ack(self, value: int, at: float) -> None:
        """The gateway writes."""
        self.values["Ack0"] = value
        self.writes.append(Written(at, "Ack0", value))

    def close(self) -> None:
        """Free the port."""
        self.plc.close()

    def _put(self, tag: str, value: int) -> None:
        self.values[tag] = value

    def _get(self, tag: str) -> int:
        return self.values[tag]

    def _written(self) -> list[Written]:
        found, self.writes = self.writes, []
        return found

    def _nothing(self) -> None:
        raise AssertionError("nobody restarts it")


def test_a_part_is_shown_raised_and_cleared() -> None:
    """A part's data stand before its trigger is high, and its ack clears trigger and ack."""
    bench = Bench(parts=2)
    bench.program.scan(1.0)
    shown = dict(bench.values)
    bench.ack(1, 1.5)
    bench.program.scan(2.0)
    bench.close()

    assert shown == {"Ack0": 0, "Ready0": 1, **{f"{k}0": v for k, v in data_of(1).items()}}
    assert (bench.values["Ready0"], bench.values["Ack0"]) == (0, 0)
    assert bench.program.parts == [Part(1, "Press-0", 1.0, 2.0, 1)]
    assert bench.program.acks == [Ack("Press-0", 1, 1.5, 1)]
    assert bench.order.done.value == 1


def test_the_next_part_waits_until_a_low_trigger_was_read() -> None:
    """While somebody is connected the trigger stays low for its time and for some requests."""
    bench = Bench(parts=2)
    bench.program.scan(1.0)
    bench.ack(-1, 1.5)
    bench.program.scan(2.0)
    bench.program.scan(9.0)
    unread = bench.values["Ready0"]
    bench.plc.carried_out.value += MUCH
    bench.program.scan(2.0 + LOW / 2)
    early = bench.values["Ready0"]
    bench.program.scan(9.1)
    bench.close()

    assert (unread, early, bench.values["Ready0"]) == (0, 0, 1)
    assert bench.program.waiting(9.6) == ["Press-0: part 2 has waited for 0.5 s"]


def test_the_next_part_rises_behind_a_gateway_that_is_gone() -> None:
    """When nobody is connected nobody is waited for, except before the first part ever."""
    bench = Bench(parts=2)
    bench.plc.connections.value = 0
    bench.program.scan(1.0)
    first = bench.values.get("Ready0")
    bench.plc.connections.value = 1
    bench.program.scan(1.1)
    bench.ack(1, 1.2)
    bench.plc.connections.value = 0
    bench.program.scan(1.3)
    bench.program.scan(1.4)
    bench.close()

    assert first is None
    assert [each.number for each in bench.program.waits()] == [2]


def test_an_ack_is_put_down_to_the_part_that_waited() -> None:
    """A value that comes while the trigger is low belongs to no part."""
    bench = Bench(parts=1)
    bench.program.scan(1.0)
    bench.ack(1, 1.5)
    bench.program.scan(2.0)
    bench.ack(-1, 2.5)
    bench.program.scan(3.0)
    bench.close()

    assert [(each.value, each.part) for each in bench.program.acks] == [(1, 1), (-1, None)]


def test_faults_are_planned_by_their_seed_and_over_all_parts() -> None:
    """The same seed plans the same, every kind comes, and none behind the last part."""
    kinds = list(Kind) * 3
    seed = Random(1).randrange(1000)
    planned = plan(kinds, ["A", "B"], 1000, 3.0, seed)

    assert planned == plan(kinds, ["A", "B"], 1000, 3.0, seed)
    assert planned != plan(kinds, ["A", "B"], 1000, 3.0, seed + 1)
    assert sorted(each.kind for each in planned) == sorted(kinds)
    assert all(0 < each.done < 1000 for each in planned)
    away = [each.lasts for each in planned if each.kind in (Kind.BROKER_AWAY, Kind.BROKER_FROZEN)]
    assert min(away) > 3.0
