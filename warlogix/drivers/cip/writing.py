"""Writing one value by one request after another."""

from collections.abc import Sequence

from warlogix.drivers.cip.link import CipLink
from warlogix.drivers.cip.messages import DONE, Request
from warlogix.drivers.cip.reasons import reason
from warlogix.drivers.exchanges import Refused, Urgency
from warlogix.drivers.in_pieces import send_all
from warlogix.tags import WriteResult


async def write_all(link: CipLink, requests: Sequence[Request], urgency: Urgency) -> WriteResult:
    """What became of the value. Raises the `Unsent` of the first request."""

    async def send(request: Request) -> None:
        reply = await link.ask_once(request, urgency)
        if reply.status != DONE:
            raise Refused(reason(reply.status, reply.extended))

    return await send_all(requests, send)
