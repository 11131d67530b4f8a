"""What the promises of a driver are tried on: one PLC with some tags, misbehaving on request.

A plant has three tags of its family that hold whole numbers of 16 bits, one tag that its PLC does
not have, and a thousand of 16 bits beside them.
"""

from abc import ABC, abstractmethod
from dataclasses import replace
from typing import Protocol

import trio.testing

from warlogix.drivers.base import Driver
from warlogix.drivers.families import new_drivers
from warlogix.simulators.server import Simulator
from warlogix.tags import Endpoint, Tag

# Time limits in seconds: one that no machine is too busy for, and one that a test waits for.
PATIENT, HASTY = 30.0, 1.0
# Seconds in which is over what waits for no answer, on any machine: far less than `PATIENT`.
AT_ONCE = 10.0
# Seconds that an answer takes which comes late: longer than the time limit of a request.
LATE = 1.3

MANY = 1000


class Plant(Protocol):
    """One PLC that misbehaves on request.

    `tells` is whether it says what tags it has. `contradicting` is the first tag with a type in the
    configuration that the PLC contradicts, None where the PLC knows no types. `many` are so many
    tags, all at zero, and `most_requests` what a read of them may take.
    """

    tags: tuple[Tag, Tag, Tag]
    missing: Tag
    contradicting: Tag | None
    many: tuple[Tag, ...]
    most_requests: int
    tells: bool

    def driver(self, timeout: float | None = None) -> Driver:
        """A new driver, not connected; it shares what drivers of one gateway share."""

    def put(self, values: tuple[int, int, int]) -> None:
        """Give the three tags these values."""

    def held(self) -> tuple[int, int, int]:
        """What the three tags hold now."""

    def carried_out(self) -> int:
        """How many values have been written by drivers so far."""

    def requests(self) -> int:
        """How many requests of any kind were carried out so far."""

    def offences(self) -> list[str]:
        """What drivers sent that no right client does."""

    def change_program(self) -> None:
        """Load another program while clients are connected.

        The third tag is gone, and what the others lie beside is another; they keep their values.
        """

    def drop(self) -> None:
        """Cut every connection, and let everybody in."""

    def fall_silent(self) -> None:
        """Answer nothing that is asked from now on."""

    def lose_answers(self) -> None:
        """Carry out the next write, and answer nothing from there on."""

    def answer_late(self) -> None:
        """Carry out what is asked from now on, and answer it after `LATE` seconds."""

    def cut(self) -> None:
        """Close every connection and let nobody in."""

    def recover(self) -> None:
        """Behave again."""

    async def left_alone(self) -> None:
        """Wait until no client is connected any more."""


class Simulated(Plant, Protocol):
    """A plant that is a real protocol server.

    `endpoint` is where new drivers connect to, and may be replaced. `rich` are tags of other shapes
    that are good: arrays, texts, REALs, and structures where the family has them.
    """

    simulator: Simulator
    endpoint: Endpoint
    rich: tuple[Tag, ...]


class SimulatedPlant(ABC):
    """What plants with a real protocol server have in common."""

    def __init__(self, simulator: Simulator, endpoint: Endpoint) -> None:
        self.simulator = simulator
        self.endpoint = replace(endpoint, timeout=PATIENT)
        self._drivers = new_drivers()

    def driver(self, timeout: float | None = None) -> Driver:
        """A new driver, not connected; it shares what drivers of one gateway share."""
        limit = timeout or self.endpoint.timeout
        return self._drivers[self.endpoint.family](replace(self.endpoint, timeout=limit))

    def requests(self) -> int:
        """How many requests of any kind were carried out so far."""
        carried_out: int = self.simulator.carried_out.value
        return carried_out

    def drop(self) -> None:
        """Cut every connection, and let everybody in."""
        self.simulator.drop()

    def fall_silent(self) -> None:
        """Answer nothing that is asked from now on."""
        self.simulator.stall()

    def lose_answers(self) -> None:
        """Carry out the next write, and answer nothing from there on."""
        before = self.carried_out()
        self.simulator.spoil = lambda answer: answer if self.carried_out() == before else b""

    @abstractmethod
    def carried_out(self) -> int:
        """How many values have been written by drivers so far."""

    def answer_late(self) -> None:
        """Carry out what is asked from now on, and answer it after `LATE` seconds."""
        self.simulator.delay = LATE

    def cut(self) -> None:
        """Close every connection and let nobody in."""
        self.simulator.drop()
        self.simulator.refuse()

    def recover(self) -> None:
        """Behave again."""
        self.simulator.spoil = None
        self.simulator.delay = 0.0
        self.simulator.resume()
        self.simulator.accept()

    async def left_alone(self) -> None:
        """Wait until no client is connected any more."""
        await self.simulator.connections.wait_value(0)
        await trio.testing.wait_all_tasks_blocked()
