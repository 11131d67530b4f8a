"""Says of an instance that it is a spare: it is in the group, and others have all partitions."""

import logging
from collections.abc import Sized
from typing import NoReturn

import trio

from warlogix.writeback.desk import Desk

log = logging.getLogger(__name__)

# A group shares its partitions within some seconds.
_AFTER = 10.0
_LOOK = 1.0
_SPARE = (
    "%s: has no write requests to take: other instances of the group %s seem to have all"
    " partitions of %s; it waits for one"
)


async def tell_spare(desk: Desk, held: Sized) -> NoReturn:
    """Say so once, each time that nothing was held for some seconds; endless."""
    since, told = trio.current_time(), False
    while True:
        if held:
            since, told = trio.current_time(), False
        elif not told and trio.current_time() - since >= _AFTER:
            log.info(_SPARE, desk.cluster.name, desk.plan.group, desk.topic)
            told = True
        await trio.sleep(_LOOK)
