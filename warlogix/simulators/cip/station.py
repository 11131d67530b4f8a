"""One simulated controller: its program, its open CIP connections and what may be changed.

Without sockets; time is a function that is handed in.
"""

from collections.abc import Callable
from dataclasses import dataclass

from warlogix.simulators.cip.journal import Journal
from warlogix.simulators.cip.memory import Memory
from warlogix.simulators.cip.messages import Refusal
from warlogix.simulators.cip.models import Flavour, Model
from warlogix.simulators.cip.program import Program
from warlogix.simulators.cip.types import logix_types, micro800_types, nj_types

_TYPES = {
    Flavour.LOGIX: logix_types,
    Flavour.MICRO800: micro800_types,
    Flavour.NJ: nj_types,
}
_SERIAL = 0x0C0FFEE1


@dataclass(slots=True)
class Connection:
    """An open CIP connection. Sizes are those of each direction's data, sequence included.

    `known_as` is the number that answers carry; `due` is when it closes unless it is used.
    """

    number: int
    known_as: int
    triad: tuple[int, int, int]
    to_target: int
    to_originator: int
    patience: float
    due: float
    last: tuple[int, bytes] | None = None


class Station:
    """One controller. What stands here without underscore may be changed while it runs.

    `large` and `small` are the most bytes of a connection that a large and an ordinary Forward
    Open get, 0 to refuse them; `unconnected` the most of an answer outside of connections;
    `packets` whether several services in a message are served; `routes` whether a route over the
    backplane leads anywhere; `page` the most bytes of one
    answer of the tag list; `most_connections` how many CIP connections may be open; `tells_changes`
    whether it has the object by which Logix clients notice another program. `refusals` holds
    the tags (by their lower-case name) whose reads and writes are refused, and how. `instances`
    is what the numbers of tags begin with at the next download. `forced` holds the BOOLs of an NJ
    (by their lower-case path) that are forced, which stands beside their value.
    """

    def __init__(
        self,
        model: Model,
        program: Program,
        journal: Journal,
        now: Callable[[], float],
        slot: int = 0,
    ) -> None:
        self.model = model
        self.journal = journal
        self.now = now
        self.slot = slot
        self.large = model.large
        self.small = model.small
        self.unconnected = model.unconnected
        self.packets = model.packets
        self.routes = model.flavour is not Flavour.MICRO800
        self.page = 480
        self.most_connections = 256
        self.tells_changes = True
        self.refusals: dict[str, Refusal] = {}
        self.forced: set[str] = set()
        self.connections: dict[int, Connection] = {}
        self.serial = _SERIAL
        self.generation = 0
        self.instances = 1
        self._next_connection = 0x10
        self._sessions = 0
        self.load(program)

    def load(self, program: Program) -> None:
        """Run a program from now on; numbers of tags and types are others than before."""
        self.generation += 1
        self.program = program
        first = 0x100 + 0x20 * (self.generation % 16)
        self.types = _TYPES[self.model.flavour](program.types, first)
        self.memory = Memory(program, self.types, self.instances + 7 * (self.generation - 1))

    def forget_connections(self) -> None:
        """Close every CIP connection without a word."""
        self.connections.clear()

    def next_connection(self) -> int:
        """A number for a new connection."""
        self._next_connection += 1
        return 0x4000_0000 | self._next_connection

    def next_session(self) -> int:
        """A number for a new session."""
        self._sessions += 1
        return self._sessions

    def connection(self, number: int) -> Connection | None:
        """An open connection, None when it never was or its time is over."""
        for late in [one for one in self.connections.values() if one.due < self.now()]:
            del self.connections[late.number]
        return self.connections.get(number)
