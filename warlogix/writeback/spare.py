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
_LOOK = 5.0
_SPARE = (
    "%s: has no write requests to take: other instances of the group %s seem to have all"
    " partitions of %s; it waits for one"
)


async def tell_spare(desk: Desk, held: Sized) -> NoReturn:
    """Say so once, each time that nothing was held for some seconds; endless.

    A broker that is away has nobody's partitions to share: then nothing is said.
    """
    told, looks = False, 0
    while True:
        await trio.sleep(_LOOK)
        if held:
            told, looks = False, 0
        elif not told:
            looks = looks + 1 if await _answers(desk) else 0
            if looks * _LOOK >= _AFTER and not held:
                log.info(_SPARE, desk.cluster.name, desk.plan.group, desk.topic)
                told = True


async def _answers(desk: Desk) -> bool:
    try:
        await look(desk)
    except BrokerError as exc:
        log.debug("%s", exc)
        return False
    return True
