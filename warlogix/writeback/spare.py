"""Says of an instance that it is a spare: it is in the group, and others have all partitions."""

import logging
from collections.abc import Sized
from typing import NoReturn

import trio

from warlogix.errors import BrokerError
from warlogix.writeback.desk import Desk
from warlogix.writeback.place import look

log = logging.getLogger(__name__)

# A group shares its partitions within some seconds.
_AFTER = 10.0
_LOOK = 1.0
_SPARE = (
    "%s: has no write requests to take: other instances of the group %s seem to have all"
    " partitions of %s; it waits for one"
)


async def tell_spare(desk: Desk, held: Sized) -> NoReturn:
    """Say so once, each time that nothing was held for some seconds; endless.

    A broker that is away has nobody's partitions to share: then nothing is said.
    """
    since, told = trio.current_time(), False
    while True:
        if held:
            since, told = trio.current_time(), False
        elif not told and trio.current_time() - since >= _AFTER:
            told = await _answers(desk)
            if told and not held:
                log.info(_SPARE, desk.cluster.name, desk.plan.group, desk.topic)
            since = trio.current_time()
        await trio.sleep(_LOOK)


async def _answers(desk: Desk) -> bool:
    try:
        await look(desk)
    except BrokerError as exc:
        log.debug("%s", exc)
        return False
    return True
