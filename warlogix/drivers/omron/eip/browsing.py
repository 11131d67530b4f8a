"""Every variable that a controller publishes, with its type."""

import trio

from warlogix.drivers.cip.link import CipLink
from warlogix.drivers.cip.messages import DONE
from warlogix.drivers.cip.paths import symbol_path
from warlogix.drivers.cip.reasons import reason
from warlogix.drivers.exchanges import Nonsense
from warlogix.drivers.omron.eip.definitions import Definitions
from warlogix.drivers.omron.eip.objects import ask_names, parse_names
from warlogix.drivers.omron.eip.plan import Variable
from warlogix.errors import Malformed, Rejected, Unreachable
from warlogix.tags import Found


async def browse(plc: str, link: CipLink, definitions: Definitions) -> list[Found]:
    """The user's variables by name, asked for anew; each message has its own time limit."""
    names = await _names(plc, link)
    definitions.forget()
    await definitions.learn(filter(_can_be_asked_for, names), trio.current_time() + float("inf"))
    return [_found(name, definitions.variable(name)) for name in sorted(names)]


async def _names(plc: str, link: CipLink) -> list[str]:
    names: list[str] = []
    while True:
        reply = await link.ask(ask_names(1 + len(names)))
        if reply.status != DONE:
            raise Rejected(plc, f"no list of variables: {reason(reply.status, reply.extended)}")
        try:
            page = parse_names(reply.data)
        except Nonsense as exc:
            raise Unreachable(plc, f"the PLC sent {exc}") from exc
        names += page.names
        if not page.more:
            return names


def _can_be_asked_for(name: str) -> bool:
    try:
        symbol_path(name)
    except Malformed:
        return False
    return True


def _found(name: str, variable: Variable | str | None) -> Found:
    if not isinstance(variable, Variable):
        return Found(name, "", None, writable=False)
    layout = variable.node.layout
    if layout is None:
        return Found(name, "", None, writable=False)
    return Found(name, str(layout.kind), layout.kind, writable=True)
