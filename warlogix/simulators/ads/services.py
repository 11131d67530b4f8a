"""What a runtime does for one ADS request: the data of its answer, without sockets and time."""

import struct
from collections.abc import Callable

from warlogix.simulators.ads.codec import bytes_text, text_bytes
from warlogix.simulators.ads.entries import symbol_entry, type_entry
from warlogix.simulators.ads.journal import Journal
from warlogix.simulators.ads.memory import BASE, Memory
from warlogix.simulators.ads.runtime import Runtime, State
from warlogix.simulators.ads.wire import LONGEST_FRAME, Code, Command, Group, Refused

_NAME = b"Plc30 App".ljust(16, b"\0")
_VERSION = (3, 1, 4024)
_WINDOWS_1252 = 1252
_MOST_HANDLES = 65_536
_INFO_SIZE = 64


class _Tables:
    """The symbols and the types of a program as clients upload them."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory
        self.symbols = b"".join(map(symbol_entry, memory.symbols.values()))
        self.types = b"".join(map(type_entry, memory.types.named.values()))


class Services:
    """The ADS services of one runtime."""

    def __init__(self, runtime: Runtime, journal: Journal) -> None:
        self._runtime = runtime
        self._journal = journal
        self._tables = _Tables(runtime.memory)
        self._commands = self._all_commands()
        self._reads = self._all_reads()
        self._writes = self._all_writes()
        self._read_writes = self._all_read_writes()
        self._sums = self._all_sums()

    def carry_out(self, command: int, data: bytes) -> bytes:
        """The data of the answer to a request; `Refused` where the PLC answers with an error."""
        self._journal.note_request(command)
        service = self._commands.get(command)
        if service is None:
            raise Refused(Code.SERVICE_NOT_SUPPORTED)
        return service(data)

    def _all_commands(self) -> dict[int, Callable[[bytes], bytes]]:
        return {
            Command.READ_DEVICE_INFO: self._tell_device,
            Command.READ_STATE: self._tell_state,
            Command.WRITE_CONTROL: self._control,
            Command.READ: self._read_request,
            Command.WRITE: self._write_request,
            Command.READ_WRITE: self._read_write_request,
        }

    def _all_reads(self) -> dict[int, Callable[[int, int], bytes]]:
        runtime = self._runtime
        return {
            Group.DATA: runtime.read_data,
            Group.DATA_BITS: lambda offset, length: runtime.read_bit(offset - 8 * BASE, length),
            Group.VALUE_BY_HANDLE: lambda offset, length: runtime.read_place(
                runtime.held(offset), length
            ),
            Group.SYMBOL_VERSION: lambda _, length: _fitting(bytes((runtime.version,)), length),
            Group.SYMBOL_UPLOAD: lambda _, length: _fitting(self._told().symbols, length),
            Group.TYPE_UPLOAD: lambda _, length: _fitting(self._told().types, length),
            Group.UPLOAD_INFO: lambda _, length: _fitting(self._upload_info()[:8], length),
            Group.UPLOAD_INFO_2: self._upload_info_2,
            Group.DEVICE_DATA: self._device_data,
        }

    def _all_writes(self) -> dict[int, Callable[[int, bytes], None]]:
        runtime = self._runtime
        return {
            Group.DATA: runtime.write_data,
            Group.DATA_BITS: lambda offset, data: runtime.write_bit(offset - 8 * BASE, data),
            Group.VALUE_BY_HANDLE: lambda offset, data: runtime.write_place(
                runtime.held(offset), data
            ),
            Group.RELEASE_HANDLE: self._release,
        }

    def _all_read_writes(self) -> dict[int, Callable[[bytes, int], bytes]]:
        runtime = self._runtime
        return {
            Group.HANDLE_BY_NAME: self._give_handle,
            Group.VALUE_BY_NAME: lambda data, length: runtime.read_place(
                runtime.find(_name(data)), length
            ),
            Group.PLACE_BY_NAME: lambda data, _: symbol_entry(runtime.find(_name(data)))[4:16],
            Group.SYMBOL_BY_NAME: lambda data, _: symbol_entry(runtime.find(_name(data))),
            Group.TYPE_BY_NAME: self._tell_type,
        }

    def _all_sums(self) -> dict[int, Callable[[int, bytes], bytes]]:
        return {
            Group.SUM_READ: self._sum_read,
            Group.SUM_WRITE: self._sum_write,
            Group.SUM_READ_WRITE: self._sum_read_write,
        }

    def _tell_device(self, data: bytes) -> bytes:
        self._expect_length(data, 0)
        return struct.pack("<BBH", *_VERSION) + _NAME

    def _tell_state(self, data: bytes) -> bytes:
        self._expect_length(data, 0)
        return struct.pack("<HH", self._runtime.state, 0)

    def _control(self, data: bytes) -> bytes:
        self._expect_at_least(data, 8)
        state, _, length = struct.unpack_from("<HHI", data)
        self._expect_length(data, 8 + length)
        if state not in (State.RUN, State.STOP):
            raise Refused(Code.SERVICE_NOT_SUPPORTED)
        self._runtime.state = State(state)
        return b""

    def _read_request(self, data: bytes) -> bytes:
        self._expect_length(data, 12)
        return _counted(self._read(*struct.unpack("<III", data)))

    def _write_request(self, data: bytes) -> bytes:
        self._expect_at_least(data, 12)
        group, offset, length = struct.unpack_from("<III", data)
        self._expect_length(data, 12 + length)
        self._write(group, offset, data[12:])
        return b""

    def _read_write_request(self, data: bytes) -> bytes:
        self._expect_at_least(data, 16)
        group, offset, asked, length = struct.unpack_from("<IIII", data)
        self._expect_length(data, 16 + length)
        serve = self._sums.get(group)
        if serve is None:
            return _counted(self._read_write(group, offset, asked, data[16:]))
        self._journal.groups[group] += 1
        self._journal.items_per_sum[offset] += 1
        return _counted(_fitting(serve(offset, data[16:]), asked))

    def _read(self, group: int, offset: int, length: int) -> bytes:
        self._journal.groups[group] += 1
        read = self._reads.get(group)
        if read is None:
            raise Refused(Code.INVALID_GROUP)
        return read(offset, length)

    def _write(self, group: int, offset: int, data: bytes) -> None:
        self._journal.groups[group] += 1
        write = self._writes.get(group)
        if write is None:
            raise Refused(Code.INVALID_GROUP)
        write(offset, data)

    def _read_write(self, group: int, offset: int, asked: int, data: bytes) -> bytes:
        self._journal.groups[group] += 1
        serve = self._read_writes.get(group)
        if serve is None:
            raise Refused(Code.INVALID_GROUP)
        if offset:
            raise Refused(Code.INVALID_OFFSET)
        return _fitting(serve(data, asked), asked)

    def _sum_read(self, count: int, data: bytes) -> bytes:
        self._expect_length(data, 12 * count)
        parts = list(struct.iter_unpack("<III", data))
        if 4 * count + sum(length for _, _, length in parts) > LONGEST_FRAME:
            raise Refused(Code.INVALID_SIZE)
        codes, values = b"", []
        for group, offset, length in parts:
            code, value = _tried(self._read, group, offset, length)
            codes += code
            values.append(value.ljust(length, b"\0"))
        return codes + b"".join(values)

    def _sum_write(self, count: int, data: bytes) -> bytes:
        self._expect_at_least(data, 12 * count)
        parts = list(struct.iter_unpack("<III", data[: 12 * count]))
        self._expect_length(data, 12 * count + sum(length for _, _, length in parts))
        codes = b""
        at = 12 * count
        for group, offset, length in parts:
            codes += _tried(self._written, group, offset, data[at : at + length])[0]
            at += length
        return codes

    def _sum_read_write(self, count: int, data: bytes) -> bytes:
        self._expect_at_least(data, 16 * count)
        parts = list(struct.iter_unpack("<IIII", data[: 16 * count]))
        self._expect_length(data, 16 * count + sum(part[3] for part in parts))
        heads, values = b"", b""
        at = 16 * count
        for group, offset, asked, length in parts:
            code, value = _tried(self._read_write, group, offset, asked, data[at : at + length])
            heads += code + struct.pack("<I", len(value))
            values += value
            at += length
        return heads + values

    def _written(self, group: int, offset: int, data: bytes) -> bytes:
        self._write(group, offset, data)
        return b""

    def _give_handle(self, data: bytes, asked: int) -> bytes:
        """A handle, and for those who leave room for it what it stands for, as TwinCAT 3 does."""
        if asked < 4:
            raise Refused(Code.INVALID_SIZE)
        number = self._runtime.give_handle(_name(data))
        type_ = self._runtime.held(number).type
        name = text_bytes(type_.name)
        told = struct.pack("<IIIH", number, type_.size, type_.adst, len(name)) + name + b"\0"
        return told if len(told) <= asked else told[:4]

    def _release(self, _offset: int, data: bytes) -> None:
        self._expect_length(data, 4)
        self._runtime.release_handle(int.from_bytes(data, "little"))

    def _tell_type(self, data: bytes, _asked: int) -> bytes:
        known = self._runtime.memory.types.named.get(_name(data).upper())
        if known is None:
            raise Refused(Code.SYMBOL_NOT_FOUND)
        return type_entry(known)

    def _told(self) -> "_Tables":
        """What the program that runs now has to tell."""
        if self._tables.memory is not self._runtime.memory:
            self._tables = _Tables(self._runtime.memory)
        return self._tables

    def _upload_info(self) -> bytes:
        """Numbers and sizes of symbols and types, and how many names clients have handles of."""
        told = self._told()
        symbols = struct.pack("<II", len(told.memory.symbols), len(told.symbols))
        types = struct.pack("<II", len(told.memory.types.named), len(told.types))
        dynamic = struct.pack("<III", _MOST_HANDLES, len(self._runtime.handles), 0)
        info = symbols + types + dynamic + struct.pack("<II", _WINDOWS_1252, 0)
        return info.ljust(_INFO_SIZE, b"\0")

    def _upload_info_2(self, _offset: int, length: int) -> bytes:
        """As much of it as the client knows: older ones ask for less."""
        if length < 8:
            raise Refused(Code.INVALID_SIZE)
        return self._upload_info()[:length]

    def _device_data(self, offset: int, length: int) -> bytes:
        if offset not in (0, 2):
            raise Refused(Code.INVALID_OFFSET)
        number = 0 if offset else int(self._runtime.state)
        return _fitting(number.to_bytes(2, "little"), length)

    def _expect_length(self, data: bytes, length: int) -> None:
        if len(data) != length:
            self._offend(f"{len(data)} bytes where {length} are announced")

    def _expect_at_least(self, data: bytes, length: int) -> None:
        if len(data) < length:
            self._offend(f"{len(data)} bytes where at least {length} belong")

    def _offend(self, what: str) -> None:
        self._journal.offences.append(what)
        raise Refused(Code.INVALID_SIZE)


def _counted(data: bytes) -> bytes:
    return struct.pack("<I", len(data)) + data


def _fitting(data: bytes, asked: int) -> bytes:
    if len(data) > asked:
        raise Refused(Code.INVALID_SIZE)
    return data


def _name(data: bytes) -> str:
    """A client's text; the zero at its end may be missing."""
    return bytes_text(data.removesuffix(b"\0"))


def _tried(serve: Callable[..., bytes], *arguments: int | bytes) -> tuple[bytes, bytes]:
    """The code and the bytes of one part of a sum."""
    try:
        return struct.pack("<I", Code.DONE), serve(*arguments)
    except Refused as refusal:
        return struct.pack("<I", refusal.code), b""
