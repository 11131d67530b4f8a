"""One PLC runtime behind an AMS port: its program, its handles and its symbol version."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

from warlogix.simulators.ads import codec
from warlogix.simulators.ads.journal import Journal
from warlogix.simulators.ads.memory import BASE, Memory, Place
from warlogix.simulators.ads.project import Access, Project
from warlogix.simulators.ads.system import APP_INFO, with_system
from warlogix.simulators.ads.wire import Code, Refused
from warlogix.tags import Value

_SHIFTS = 16


class State(IntEnum):
    """What the runtime is doing, as ADS numbers it."""

    RUN = 5
    STOP = 6


@dataclass(frozen=True, slots=True)
class Handle:
    """What a client has been given for a name, and of which load of which program."""

    place: Place
    version: int
    memory: Memory


class Runtime:
    """A running program. All of it may be changed while clients are connected.

    `state` is what ReadState answers. `handles` holds what clients were given and have not
    released; their `numbers` are the host's. The methods for clients raise `Refused`.
    """

    def __init__(
        self, ams_port: int, project: Project, journal: Journal, numbers: Iterator[int]
    ) -> None:
        self.state = State.RUN
        self.handles: dict[int, Handle] = {}
        self._ams_port = ams_port
        self._journal = journal
        self._numbers = numbers
        self._downloads = 0
        self._online_changes = 0
        self.memory = self._load(project)

    @property
    def version(self) -> int:
        """The symbol version: one byte that moves with every download."""
        return (self._downloads + 1) % 256

    def download(self, project: Project) -> None:
        """Exchange the program while connections stay.

        The symbol version moves, handles of the old program are invalid, variables lie elsewhere
        and have their first values.
        """
        self._downloads += 1
        self._online_changes = 0
        self.memory = self._load(project)

    def online_change(self, project: Project) -> None:
        """Change the program while it runs.

        Variables lie elsewhere and keep their values; handles of those whose type has changed, or
        that are gone, are invalid. The symbol version does not move, as Beckhoff says of PLC
        ports: what moves is `TwinCAT_SystemInfoVarList._AppInfo.OnlineChangeCnt`.
        """
        self._online_changes += 1
        older, self.memory = self.memory, self._load(project)
        for place in self.memory.symbols.values():
            before = older.find(place.name)
            if before is not None and before.type == place.type and place.name != APP_INFO:
                kept = older.bytes[before.offset : before.offset + before.size]
                self.memory.bytes[place.offset : place.offset + place.size] = kept

    def _load(self, project: Project) -> Memory:
        running = with_system(project, self._ams_port, self._online_changes)
        return Memory(running, (self._downloads + self._online_changes) % _SHIFTS)

    def put(self, path: str, value: Value) -> None:
        """Give a variable, a member or an element a value, as the program itself would."""
        self.memory.put(path, value)

    def get(self, path: str) -> Value:
        """The value that a variable, a member or an element holds."""
        return self.memory.get(path)

    def poke(self, path: str, data: bytes, distance: int = 0) -> None:
        """Put bytes where a variable lies, whatever they mean to its type."""
        start = self._place(path).offset + distance
        self.memory.bytes[start : start + len(data)] = data

    def peek(self, path: str) -> bytes:
        """The bytes of a variable."""
        place = self._place(path)
        return bytes(self.memory.bytes[place.offset : place.offset + place.size])

    def find(self, path: str) -> Place:
        """What a client's path names."""
        place = self.memory.find(path)
        if place is None:
            raise Refused(Code.SYMBOL_NOT_FOUND)
        return place

    def give_handle(self, path: str) -> int:
        """A new handle for a path."""
        handle = Handle(self.find(path), self.version, self.memory)
        number = next(self._numbers)
        self.handles[number] = handle
        return number

    def release_handle(self, number: int) -> None:
        """Forget a handle; those of an older program may be released too."""
        if self.handles.pop(number, None) is None:
            raise Refused(Code.SYMBOL_NOT_FOUND)

    def held(self, number: int) -> Place:
        """What a handle stands for."""
        handle = self.handles.get(number)
        if handle is None:
            raise Refused(Code.SYMBOL_NOT_FOUND)
        if handle.memory is self.memory:
            return handle.place
        place = self.memory.find(handle.place.name)
        if handle.version != self.version or place is None or place.type != handle.place.type:
            raise Refused(Code.SYMBOL_VERSION_INVALID)
        return place

    def read_place(self, place: Place, length: int) -> bytes:
        """At most the asked bytes of a variable, as a PLC gives them."""
        if not length:
            raise Refused(Code.INVALID_SIZE)
        if place.bit is not None:
            return self.read_bit(place.bit, length)
        end = place.offset + min(length, place.size)
        return bytes(self.memory.bytes[place.offset : end])

    def read_data(self, offset: int, length: int) -> bytes:
        """Bytes of the data area, whichever variables they belong to."""
        start = self._start(offset, length)
        return bytes(self.memory.bytes[start : start + length])

    def read_bit(self, bit: int, length: int) -> bytes:
        """One bit of the data area as a byte; `bit` counts from the memory's beginning."""
        if not 0 <= bit < 8 * len(self.memory.bytes):
            raise Refused(Code.INVALID_OFFSET)
        if length != 1:
            raise Refused(Code.INVALID_SIZE)
        return bytes((self.memory.bytes[bit // 8] >> bit % 8 & 1,))

    def write_place(self, place: Place, data: bytes) -> None:
        """Write a variable or the beginning of it."""
        code = self._judged(place, data)
        if code is Code.DONE:
            self._put_bytes(place, data)
        whole = code is Code.DONE and len(data) == place.size
        value = self.memory.get(place.name) if whole else None
        self._journal.note_write(self._ams_port, place.name, data, code, value)
        if code is not Code.DONE:
            raise Refused(code)

    def write_data(self, offset: int, data: bytes) -> None:
        """Write bytes of the data area, whichever variables they belong to."""
        start = self._start(offset, len(data))
        touched = self.memory.touched(start, len(data))
        if len(touched) == 1 and touched[0].offset == start and touched[0].size == len(data):
            self.write_place(touched[0], data)
            return
        code = _permission(touched)
        if code is Code.DONE:
            self.memory.bytes[start : start + len(data)] = data
        self._note(touched, start, data, code)

    def write_bit(self, bit: int, data: bytes) -> None:
        """Write one bit of the data area; `bit` counts from the memory's beginning."""
        self.read_bit(bit, len(data))
        touched = self.memory.touched(bit // 8, 1)
        code = _permission(touched)
        if code is Code.DONE:
            codec.set_bit(self.memory.bytes, bit, bool(data[0]))
        self._note(touched, bit // 8, data, code)

    def _note(self, touched: list[Place], start: int, data: bytes, code: Code) -> None:
        """Tell the journal of a write to a part of the memory."""
        first = touched[0] if touched else None
        name = f"{first.name}+{start - first.offset}" if first else f"+{start}"
        self._journal.note_write(self._ams_port, name, data, code)
        if code is not Code.DONE:
            raise Refused(code)

    def _judged(self, place: Place, data: bytes) -> Code:
        if place.access is Access.READ_ONLY:
            return Code.INVALID_ACCESS
        fits = 0 < len(data) <= place.size
        return Code.DONE if fits else Code.INVALID_SIZE

    def _put_bytes(self, place: Place, data: bytes) -> None:
        if place.bit is not None:
            codec.set_bit(self.memory.bytes, place.bit, bool(data[0]))
        else:
            self.memory.bytes[place.offset : place.offset + len(data)] = data

    def _start(self, offset: int, length: int) -> int:
        start = offset - BASE
        if not 0 <= start < len(self.memory.bytes):
            raise Refused(Code.INVALID_OFFSET)
        if not 0 < length <= len(self.memory.bytes) - start:
            raise Refused(Code.INVALID_SIZE)
        return start

    def _place(self, path: str) -> Place:
        place = self.memory.find(path)
        if place is None:
            raise KeyError(path)
        return place


def _permission(touched: list[Place]) -> Code:
    protected = any(each.access is Access.READ_ONLY for each in touched)
    return Code.INVALID_ACCESS if protected else Code.DONE
