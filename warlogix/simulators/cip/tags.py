"""The tag services of Logix and Micro800 controllers: reading and writing by name.

Changes nothing but the station's memory and journal.
"""

from warlogix.simulators.cip.layout import (
    STRUCTURE_CODE,
    Elementary,
    Laid,
    Structure,
    Text,
)
from warlogix.simulators.cip.memory import (
    NotFound,
    OutOfRange,
    Place,
    Step,
    path_text,
)
from warlogix.simulators.cip.messages import (
    BEYOND_END,
    OUT_OF_RANGE,
    TYPE_MISMATCH,
    Answer,
    Cursor,
    Message,
    Path,
    Refusal,
    Service,
    Status,
)
from warlogix.simulators.cip.models import Flavour
from warlogix.simulators.cip.program import Access
from warlogix.simulators.cip.station import Station

_HEAD = 4
_INTEGERS = {"SINT", "INT", "DINT", "LINT", "USINT", "UINT", "UDINT", "ULINT"}
_MASKED = _INTEGERS | {"BYTE", "WORD", "DWORD", "LWORD", "BOOL"}


class TagServices:
    """Carries out what is asked of tags."""

    def __init__(self, station: Station) -> None:
        self._station = station

    def serve(self, message: Message, room: int) -> Answer:
        """Read or write; raises `Refusal`."""
        steps = self._steps(message.path)
        match message.service:
            case Service.READ | Service.READ_FRAGMENT:
                return self._read(message, steps, room)
            case Service.WRITE | Service.WRITE_FRAGMENT | Service.MODIFY:
                return self._write(message, steps)
        raise Refusal(Status.SERVICE_NOT_SUPPORTED)

    def _steps(self, path: Path) -> tuple[Step, ...]:
        """The names and indices that a path means; an instance number stands for a tag's name."""
        if path.class_ is None:
            return path.before
        scope = str(path.before[0]).lower().removeprefix("program:") if path.before else ""
        for variable in self._station.memory.scopes.get(scope, {}).values():
            if variable.instance == path.instance:
                return (*path.before, variable.tag.name, *path.after)
        raise Refusal(Status.PATH_UNKNOWN, 0)

    def _find(self, steps: tuple[Step, ...]) -> Place:
        try:
            place = self._station.memory.find(steps)
        except NotFound as exc:
            raise Refusal(Status.PATH_UNKNOWN, 0) from exc
        except OutOfRange as exc:
            raise Refusal(Status.GENERAL, OUT_OF_RANGE) from exc
        if place.variable.tag.access is Access.NONE:
            raise Refusal(Status.PATH_UNKNOWN, 0)
        refusal = self._station.refusals.get(str(steps[0]).lower())
        if refusal is not None:
            raise refusal
        return place

    def _read(self, message: Message, steps: tuple[Step, ...], room: int) -> Answer:
        place = self._find(steps)
        cursor = Cursor(message.data)
        count = cursor.number(2)
        offset = cursor.number(4) if message.service == Service.READ_FRAGMENT else 0
        cursor.end()
        if not 0 < count <= place.count:
            raise Refusal(Status.GENERAL, OUT_OF_RANGE)
        self._station.journal.reads[path_text(steps)] += 1
        data = self._wire(place, count)
        if offset >= len(data):
            raise Refusal(Status.GENERAL, OUT_OF_RANGE)
        head = type_code(place.element)
        unit = 4 if isinstance(place.element, Structure) else max(1, place.element.align)
        most = (room - _HEAD - len(head)) // unit * unit
        wanted = data[offset:]
        if len(wanted) > most:
            return Answer(head + wanted[: max(most, 0)], Status.PARTIAL)
        return Answer(head + wanted)

    def _wire(self, place: Place, count: int) -> bytes:
        """The bytes of so many elements as they travel."""
        element = place.element
        if isinstance(element, Text):
            texts = (
                element.characters(place.variable.raw, place.at + index * element.size)
                for index in range(count)
            )
            return b"".join(bytes((len(text),)) + text for text in texts)
        data = place.read()[: count * element.size]
        if element.name == "BOOL" and self._station.model.flavour is Flavour.LOGIX:
            return bytes(0xFF if byte else 0 for byte in data)
        return data

    def _write(self, message: Message, steps: tuple[Step, ...]) -> Answer:
        journal, name = self._station.journal, path_text(steps)
        try:
            place = self._find(steps)
            if place.variable.tag.access is not Access.READ_WRITE:
                raise Refusal(Status.PRIVILEGE)
            if message.service == Service.MODIFY:
                self._modify(place, message.data)
                count = 1
            else:
                count = self._store(place, message)
        except Refusal as exc:
            status = exc.answer.status
            journal.note_write(name, message.service, message.data, None, status)
            raise
        value = place.several(count)
        journal.note_write(name, message.service, message.data, value, Status.DONE)
        return Answer()

    def _store(self, place: Place, message: Message) -> int:
        """Put what was sent into its place; the number of elements that it meant."""
        cursor = Cursor(message.data)
        code = type_code(place.element)
        if cursor.take(2) != code[:2] or cursor.take(len(code) - 2) != code[2:]:
            raise Refusal(Status.GENERAL, TYPE_MISMATCH)
        count = cursor.number(2)
        fragment = message.service == Service.WRITE_FRAGMENT
        offset = cursor.number(4) if fragment else 0
        if not 0 < count <= place.count:
            raise Refusal(Status.GENERAL, OUT_OF_RANGE)
        element = place.element
        if isinstance(element, Text):
            self._store_texts(place, element, cursor, count)
            return count
        size = count * element.size
        data = cursor.rest()
        if not fragment and len(data) < size:
            raise Refusal(Status.NOT_ENOUGH_DATA, offence=f"{len(data)} of {size} bytes written")
        if fragment and (offset + len(data) > size or not data):
            raise Refusal(Status.GENERAL, BEYOND_END, offence="a fragment beyond the value")
        self._note_tail(len(data) - size)
        place.write(data[:size], offset)
        return count

    def _note_tail(self, left: int) -> None:
        """Bytes behind what a service needs: controllers take no notice of them."""
        if left > 0:
            self._station.journal.offences.append(f"{left} bytes behind a value")

    def _store_texts(self, place: Place, element: Text, cursor: Cursor, count: int) -> None:
        texts = [cursor.take(cursor.number(1)) for _ in range(count)]
        self._note_tail(cursor.left)
        if any(len(text) > element.capacity for text in texts):
            raise Refusal(Status.GENERAL, OUT_OF_RANGE)
        for index, text in enumerate(texts):
            element.put_characters(place.variable.raw, place.at + index * element.size, text)

    def _modify(self, place: Place, data: bytes) -> None:
        """Set bits by one mask and clear them by another, in one step."""
        cursor = Cursor(data)
        size = cursor.number(2)
        or_mask, and_mask = cursor.number(size), cursor.number(size)
        self._note_tail(cursor.left)
        element = place.element
        if not isinstance(element, Elementary) or element.name not in _MASKED:
            raise Refusal(Status.GENERAL, TYPE_MISMATCH)
        if size not in (1, 2, 4, 8) or size < element.size:
            raise Refusal(Status.INVALID_PARAMETER, offence=f"masks of {size} bytes")
        held = int.from_bytes(place.read()[: element.size], "little")
        changed = (held | or_mask) & and_mask
        place.write(changed.to_bytes(8, "little")[: element.size])


def type_code(element: Laid) -> bytes:
    """The type that stands in front of data."""
    if isinstance(element, Structure):
        return STRUCTURE_CODE.to_bytes(2, "little") + element.handle.to_bytes(2, "little")
    assert isinstance(element, (Elementary, Text))
    return element.code.to_bytes(2, "little")
