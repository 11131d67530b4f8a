"""A TCP connection to a PLC, within its time limit; no thread waits for a host that is silent.

stream = await dial(endpoint, 44818)
"""

import errno
import os
import socket
from collections.abc import Sequence

import trio
from trio.lowlevel import RunVar

from warlogix.drivers.blocking import Worker
from warlogix.errors import Unreachable
from warlogix.tags import Endpoint

# Who looks up the name of each host.
_workers: RunVar[dict[str, Worker]] = RunVar("workers")


async def dial(endpoint: Endpoint, family_port: int) -> trio.SocketStream:
    """A connected stream, which the caller closes; `Unreachable` says why there is none."""
    host, port = endpoint.host, endpoint.port or family_port
    try:
        with trio.fail_after(endpoint.timeout):
            return await _open_stream(host, port)
    except trio.TooSlowError as exc:
        reason = f"no answer from {host}:{port} within {endpoint.timeout:g} s"
        raise Unreachable(endpoint.plc, reason) from exc
    except (OSError, UnicodeError) as exc:
        raise Unreachable(endpoint.plc, f"{host}:{port}: {why(exc)}") from exc


async def _open_stream(host: str, port: int) -> trio.SocketStream:
    """A connection to the first of the host's addresses that takes one."""
    found = await addresses(host)
    for last, address in enumerate(found, 1 - len(found)):
        try:
            return await trio.open_tcp_stream(address, port)
        except OSError:
            if not last:
                raise
    raise OSError(errno.EADDRNOTAVAIL, "the name has no address")


async def addresses(host: str, family: socket.AddressFamily = socket.AF_UNSPEC) -> Sequence[str]:
    """The addresses of a host, best first; it takes as long as the name servers do.

    Each host has one thread, and whoever asks for it again waits for that: a name server that is
    dead costs no other host's PLCs theirs, and its own no more with each attempt.
    """
    try:
        workers = _workers.get()
    except LookupError:
        _workers.set(workers := {})
    return await workers.setdefault(host.casefold(), Worker()).run(_look_up, host, family)


def _look_up(host: str, family: socket.AddressFamily) -> Sequence[str]:
    found = socket.getaddrinfo(host, None, family, socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def why(exc: BaseException) -> str:
    """The words of the first cause that has any."""
    while isinstance(exc.__cause__, OSError):
        exc = exc.__cause__
    if isinstance(exc.__cause__, BaseExceptionGroup):
        return "; ".join(sorted({why(each) for each in exc.__cause__.exceptions}))
    if isinstance(exc, OSError) and exc.errno is not None and exc.errno > 0:
        return os.strerror(exc.errno).lower()
    words = exc.strerror if isinstance(exc, OSError) else None
    return (words or str(exc)).lower()
