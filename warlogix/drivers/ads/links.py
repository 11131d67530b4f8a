"""The connections of one gateway to TwinCAT routers: one for all AMS ports of a PLC.

    links = AdsLinks()
    link = await links.join(endpoint, member)
    links.leave(link, member)

A router keeps one connection for each Net ID that asks, so that a second one would cut the first.
Whoever joins gets the connection that is there, or a new one where that is lost. It is closed when
the last member has left.
"""

import ipaddress
import secrets
from collections.abc import Iterator
from typing import TypeAlias

import trio

from warlogix.drivers.ads.link import AdsLink
from warlogix.drivers.ads.wire import net_id
from warlogix.drivers.dialling import dial
from warlogix.drivers.stream import Stream
from warlogix.errors import Rejected, Unreachable
from warlogix.tags import Endpoint

PORT = 48898

# A host's name in one case, a port and a Net ID: the same however they are written.
_Router: TypeAlias = tuple[str, int, bytes]


class AdsLinks:
    """One connection for each host, port and Net ID."""

    def __init__(self) -> None:
        self._links: dict[_Router, AdsLink] = {}
        # Whoever connects, or tries whether a connection still is one, does it for the others too.
        self._doors: dict[_Router, trio.Lock] = {}
        self._numbers = _numbers(secrets.randbits(32))

    async def join(self, endpoint: Endpoint, member: object) -> AdsLink:
        """A connection that works, with one more member.

        Raises `Unreachable`, and `Rejected` where no Net ID can be made of this side's address.
        """
        key = _router(endpoint)
        door = self._doors.setdefault(key, trio.Lock())
        try:
            with trio.fail_after(endpoint.timeout):
                await door.acquire()
        except trio.TooSlowError as exc:
            where = f"{endpoint.host}:{endpoint.port or PORT}"
            reason = f"no answer from {where} within {endpoint.timeout:g} s"
            raise Unreachable(endpoint.plc, reason) from exc
        try:
            link = await self._living(key, endpoint)
            if link is None:
                link = self._links[key] = await self._connected(endpoint, remote=key[2])
            link.members.add(member)
        finally:
            door.release()
        return link

    def leave(self, link: AdsLink, member: object) -> None:
        """One member less; the last one closes the connection."""
        link.members.discard(member)
        if not link.members:
            link.lose("the connection is closed")
            self._links = {key: each for key, each in self._links.items() if each is not link}

    async def _living(self, key: _Router, endpoint: Endpoint) -> AdsLink | None:
        """The connection that is there, if it is one; one in doubt is put to the proof."""
        link = self._links.get(key)
        if link is None or link.lost:
            return None
        if link.is_doubtful:
            try:
                await link.prove(endpoint)
            except Unreachable:
                return None
        return link

    async def _connected(self, endpoint: Endpoint, remote: bytes) -> AdsLink:
        stream = Stream(endpoint, await dial(endpoint, PORT))
        own = ipaddress.ip_address(stream.local_address)
        if not isinstance(own, ipaddress.IPv4Address):
            stream.shut()
            fact = f"the PLC is reached over IPv6 from {own}, of which no AMS Net ID can be made"
            raise Rejected(endpoint.plc, f"{fact}: write the PLC's IPv4 address")
        local = own.packed + b"\1\1"
        return AdsLink(stream, remote, local, self._numbers)


def _router(endpoint: Endpoint) -> _Router:
    try:
        remote = net_id(endpoint.ams_net_id)
    except ValueError as exc:
        raise Rejected(endpoint.plc, str(exc)) from exc
    return endpoint.host.casefold(), endpoint.port or PORT, remote


def _numbers(first: int) -> Iterator[int]:
    """Numbers of requests: none comes again soon, and 0 is what notifications have."""
    while True:
        first = first % 0xFFFF_FFFF + 1
        yield first
