"""A write straight to the PLC: what a gateway allows and how it converts, without a gateway.

    reply = await ask_plc(config, request, wait=10.0)

Whatever keeps it from being done is in the reply, as it would be in a gateway's answer.
"""

import trio

from warlogix.asking.request import Outcome, Reply, Request
from warlogix.config import Config
from warlogix.drivers.families import new_drivers
from warlogix.errors import BadRequest, DriverError
from warlogix.plan import targets_of
from warlogix.plc import Plc
from warlogix.tags import Outcome as Written
from warlogix.tags import Tag, Value, WriteResult
from warlogix.writes.settle import converted
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
        plc, value = _plc(config, target), converted(request.value, target)
    except BadRequest as error:
        return Reply(Outcome.FAILED, 0.0, str(error))
    result = await _write(plc, target.tag, value, wait)
    unknown = "outcome unknown: " if result.outcome is Written.UNKNOWN else ""
    seconds = trio.current_time() - begun
    return Reply(_OUTCOMES[result.outcome], seconds, f"{unknown}{result.reason}")


def _plc(config: Config, target: Target) -> Plc:
    (plc,) = (each for each in config.enabled_plcs if each.name == target.plc)
    drivers = new_drivers()
    if plc.family not in drivers:
        raise BadRequest(f'PLCs of the family "{plc.family}" are not written yet')
    return Plc(plc.endpoint, drivers[plc.family])


async def _write(plc: Plc, tag: Tag, value: Value, wait: float) -> WriteResult:
    results: list[WriteResult] = []
    try:
        with trio.move_on_after(wait):
            async with plc.connected(), plc.turn() as turn:
                # What was begun is finished and told; the PLC's own time limit bounds it.
                with trio.CancelScope(shield=True):
                    results.append(await turn.carry_out(tag, value))
    except DriverError as error:
        results.append(WriteResult(Written.REFUSED, f"not executed: {error}"))
    if not results:
        return WriteResult(Written.REFUSED, f"not executed: not connected within {wait:g} s")
    return results[0]
