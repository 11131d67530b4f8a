"""A port that swallows whoever connects: a host that is off, a cable that is cut."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from warlogix.simulators.server import HOST


@contextmanager
def black_hole() -> Iterator[int]:
    """The number of a port where connecting neither succeeds nor fails.

    Its queue is full and nobody empties it, so Linux drops what comes.
    """
    with ExitStack() as opened:
        door = opened.enter_context(socket.socket())
        door.bind((HOST, 0))
        door.listen(0)
        port: int = door.getsockname()[1]
        opened.enter_context(socket.create_connection((HOST, port)))
        yield port
