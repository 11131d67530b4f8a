"""A write straight to the PLC: what a gateway allows and how it converts, without a gateway.

    reply = await ask_plc(config, request, wait=10.0)

Whatever keeps it from being done is in the reply, as it would be in a gateway's answer.
"""

import trio

from warlogix.asking.request import Outcome, Reply, Request
from warlogix.config import Config
from warlogix.conversion import convert, parse_json
from warlogix.datatypes import Kind
from warlogix.drivers.families import new_drivers
from warlogix.errors import BadRequest, DriverError
from warlogix.plan import targets_of
from warlogix.plc import Plc, Turn
from warlogix.tags import Outcome as Written
from warlogix.tags import Tag, WriteResult
from warlogix.writes.targets import Target

_OUTCOMES = {
    Written.DONE: Outcome.DONE,
    Written.REFUSED: Outcome.FAILED,
    Written.UNKNOWN: Outcome.UNKNOWN,
}


async def ask_plc(config: Config, request: Request, wait: float) -> Reply:
    """What the PLC says to the value; connecting takes at most `wait` seconds."""
    begun = trio.current_time()
    try:
        target = targets_of(config).find(request.plc, request.tag)
        asked = parse_json(request.value)
        plc = _plc(config, target, asked)
        result = await _write(plc, target.tag, asked, wait)
    except BadRequest as error:
        return Reply(Outcome.FAILED, trio.current_time() - begun, str(error))
    unknown = "outcome unknown: " if result.outcome is Written.UNKNOWN else ""
    seconds = trio.current_time() - begun
    return Reply(_OUTCOMES[result.outcome], seconds, f"{unknown}{result.reason}")


def _plc(config: Config, target: Target, asked: object) -> Plc:
    """The PLC; a value that is none by what the configuration says for sure is refused before."""
    (plc,) = (each for each in config.enabled_plcs if each.name == target.plc)
    if plc.addresses_memory and target.tag.kind is not None:
        convert(asked, target.tag.kind)
    return Plc(plc.endpoint, new_drivers()[plc.family])


async def _write(plc: Plc, tag: Tag, asked: object, wait: float) -> WriteResult:
    """What became of it. Raises `BadRequest` for a value that is none by the PLC's own type."""
    lacks, results = "not connected", list[WriteResult]()
    try:
        with trio.move_on_after(wait):
            async with plc.connected(), plc.turn() as turn:
                lacks = "the PLC did not tell the tag's type"
                value = convert(asked, await _kind(turn, tag))
                # What was begun is finished and told; the PLC's own time limit bounds it.
                with trio.CancelScope(shield=True):
                    results.append(await turn.carry_out(tag, value))
    except DriverError as error:
        results.append(WriteResult(Written.REFUSED, f"not executed: {error}"))
    if not results:
        return WriteResult(Written.REFUSED, f"not executed: {lacks} within {wait:g} s")
    return results[0]


async def _kind(turn: Turn, tag: Tag) -> Kind:
    """The type of the tag, which is read where only a reading tells."""
    kind = turn.kind(tag)
    if isinstance(kind, str):
        readings = await turn.read((tag,))
        kind = turn.kind(tag)
        if isinstance(kind, str):
            why = f"tag {tag.label} is bad: {readings.bad[0]}" if readings.bad else kind
            raise BadRequest(f"not executed: {why}")
    return kind
