"""What a port speaks, when librdkafka does not say: one short connection of our own.

    trouble = await look(trouble, cluster)

librdkafka has one text for a foreign CA, another host and an expired certificate, and none for TLS
or SASL that is missing. A look is a TLS handshake with the cluster's own files and the first
question of SASL, within seconds; nobody logs in. Where it sees nothing wrong, librdkafka's words
stay.
"""

import ssl
from contextlib import suppress
from dataclasses import dataclass, replace

import trio

from warlogix.clusters import Cluster
from warlogix.config.hosts import parse_host
from warlogix.config.tls_files import identify, out_of_date, tls_files, trust
from warlogix.errors import Malformed
from warlogix.kafka.handshake import QUESTION, read_answer, read_length
from warlogix.kafka.reasons import (
    NO_KAFKA,
    SPEAKS_NO_TLS,
    SPEAKS_TLS,
    Trouble,
    client_certificate,
)

_LIMIT = 3.0
_ONE_BROKER = 1.5
_DEFAULT_PORT = 9092
# So long what was seen counts, while a cluster stays away; a broker that was too busy to show
# anything may show it soon. What nobody asked for so long is forgotten.
_AGAIN, _SOON, _FORGOTTEN = 15.0, 2.0, 60.0

_EXPIRED, _NOT_YET = 10, 9
_OTHER_HOST = (62, 64)
_FOREIGN = (18, 19, 20, 21)
# The file has the CA that signed the certificate, and not the one that signed this CA.
_NO_ROOT = 2
_SET_CA = "set tls_ca_file to the CA that signed it"
_LACKS_THE_ROOT = (
    "tls_ca_file lacks the root: add the certificate of the CA that signed the broker's CA"
)
_IN_ORDER, _HANGS_UP = "", "the broker hangs up"
_KNOWN = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER")


async def look(trouble: Trouble, cluster: Cluster) -> Trouble:
    """The trouble in definite words, where a look at the addresses it names finds them."""
    return await _look(trouble, cluster) or replace(trouble, look_at=())


async def _look(trouble: Trouble, cluster: Cluster) -> Trouble | None:
    """What `look` says; None where nothing was to be seen, neither wrong nor in order."""
    found = None
    with trio.move_on_after(_LIMIT):
        for address in trouble.look_at:
            seen = None
            with trio.move_on_after(_ONE_BROKER):
                seen = await _seen(address, cluster)
            if seen == _IN_ORDER:
                found = found or replace(trouble, look_at=())
            elif seen == _HANGS_UP and not trouble.fatal:
                found = Trouble(f"{_hangs_up(cluster)} ({address})")
            elif seen not in (None, _HANGS_UP):
                return Trouble(f"{seen} ({address})", fatal=True)
    return found


@dataclass(frozen=True, slots=True)
class _Seen:
    """What a trouble turned out to be; `until` is when to look again."""

    trouble: Trouble
    until: float
    asked: float


class Looks:
    """Looks at a cluster's troubles, at each one again only after some seconds.

    What was definite stays, until something else is seen: a look may come at a bad moment.
    """

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._seen: dict[Trouble, _Seen] = {}

    async def at(self, trouble: Trouble) -> Trouble:
        """What `look` says, or said a moment ago."""
        if not trouble.look_at:
            return trouble
        now = trio.current_time()
        known = self._seen.pop(trouble, None)
        if known is None or now - known.asked > _FORGOTTEN:
            known = _Seen(replace(trouble, look_at=()), now, now)
        if now < known.until:
            self._seen[trouble] = replace(known, asked=now)
            return known.trouble
        seen = await _look(trouble, self._cluster)
        is_clear = seen is not None and seen.text != trouble.text
        now = trio.current_time()
        pause = _AGAIN if is_clear else _SOON
        self._seen[trouble] = _Seen(seen or known.trouble, now + pause, now)
        return self._seen[trouble].trouble


def _hangs_up(cluster: Cluster) -> str:
    """Brokers hang up without a word when a client's protocol is not theirs."""
    if not cluster.use_tls:
        return f"{_HANGS_UP} without a word: check brokers, and use_tls if it expects TLS"
    return f"{_HANGS_UP} without a word: check brokers, and sasl_mechanism if it expects SASL"


async def _seen(address: str, cluster: Cluster) -> str | None:
    """What is wrong with the settings; None when that is not to be seen, or nobody is there."""
    try:
        return await _Port(address, cluster).seen()
    except (OSError, UnicodeError, Malformed, trio.BrokenResourceError):
        # A name that no DNS can hold is a UnicodeError: librdkafka may have heard it of a broker.
        return None


class _Port:
    """A broker's port, as the cluster's settings say that it should be spoken to."""

    def __init__(self, address: str, cluster: Cluster) -> None:
        self._address = _host_and_port(address)
        self._cluster = cluster
        self._files = tls_files(cluster)

    async def seen(self) -> str | None:
        """What is wrong with the settings, or in order; None when neither is to be seen.

        *Errors*: `OSError`, `UnicodeError`, `BrokenResourceError` of who is not there.
        """
        return await (self._by_tls() if self._cluster.use_tls else self._by_text())

    async def _by_text(self) -> str | None:
        try:
            offered = await self._offered_by_text()
        except trio.BrokenResourceError:
            return SPEAKS_TLS if await self._speaks_tls() else _HANGS_UP
        if offered is not None:
            return self._wants(offered)
        return SPEAKS_TLS if await self._speaks_tls() else NO_KAFKA

    async def _by_tls(self) -> str | None:
        context = await trio.to_thread.run_sync(_context, self._cluster)
        try:
            async with await trio.open_tcp_stream(*self._address) as tcp:
                offered = await _offered(await self._secured(tcp, context))
        except trio.BrokenResourceError as exc:
            return await self._broken(exc.__cause__)
        return NO_KAFKA if offered is None else self._wants(offered)

    async def _broken(self, cause: BaseException | None) -> str | None:
        """What a connection with TLS ended of; without a cause it ended in order."""
        if cause is None:
            return _HANGS_UP
        if isinstance(cause, ssl.SSLCertVerificationError):
            return self._unverified(cause)
        if isinstance(cause, ssl.SSLError) and _is_about_a_certificate(cause):
            stale = await trio.to_thread.run_sync(out_of_date, self._files)
            return stale or client_certificate(self._cluster)
        offered = None
        with trio.move_on_after(_ONE_BROKER / 2), suppress(trio.BrokenResourceError):
            offered = await self._offered_by_text()
        if offered is not None:
            return SPEAKS_NO_TLS
        # A Kafka without TLS says nothing to a handshake.
        speaks = isinstance(cause, ssl.SSLError) and cause.reason == "WRONG_VERSION_NUMBER"
        return NO_KAFKA if speaks else None

    async def _offered_by_text(self) -> tuple[str, ...] | None:
        """The mechanisms that a port without TLS offers; None when no Kafka answers there."""
        async with await trio.open_tcp_stream(*self._address) as tcp:
            return await _offered(tcp)

    async def _speaks_tls(self) -> bool:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        async with await trio.open_tcp_stream(*self._address) as tcp:
            try:
                await self._secured(tcp, context)
            except trio.BrokenResourceError as exc:
                return isinstance(exc.__cause__, ssl.SSLError) and _is_alert(exc.__cause__)
        return True

    async def _secured(self, tcp: trio.SocketStream, context: ssl.SSLContext) -> trio.abc.Stream:
        host, _ = self._address
        stream = trio.SSLStream(tcp, context, server_hostname=host, https_compatible=True)
        await stream.do_handshake()
        return stream

    def _wants(self, offered: tuple[str, ...]) -> str:
        if not offered or self._cluster.sasl_mechanism:
            return _IN_ORDER
        known = [each for each in _KNOWN if each in offered]
        if not known:
            offers = ", ".join(offered)
            return f"the broker wants SASL with {offers} on this port: change brokers to another"
        return f"the broker wants SASL on this port: set sasl_mechanism to {_one_of(known)}"

    def _unverified(self, error: ssl.SSLCertVerificationError) -> str:
        host, _ = self._address
        match error.verify_code:
            case n if n == _NO_ROOT and self._files.ca:
                return _LACKS_THE_ROOT
            case code if code in (*_FOREIGN, _NO_ROOT):
                trusted = "in tls_ca_file" if self._files.ca else "that this machine trusts"
                return f"the broker's certificate is signed by no CA {trusted}: {_SET_CA}"
            case code if code in _OTHER_HOST and self._is_configured():
                return (
                    f"the broker's certificate is not for {host}: "
                    "change brokers to a name that is in the certificate"
                )
            case code if code in _OTHER_HOST:
                return (
                    f"the broker's certificate is not for {host}, the address that the broker "
                    "gives: change advertised.listeners of the broker, or its certificate"
                )
            case n if n == _EXPIRED:
                return (
                    "the broker's certificate, or its CA in tls_ca_file, has expired: "
                    "renew it, and check this machine's clock"
                )
            case n if n == _NOT_YET:
                return "the broker's certificate is not valid yet: check this machine's clock"
            case _:
                return f"the broker's certificate is not taken: {error.verify_message}"

    def _is_configured(self) -> bool:
        return self._address in map(_host_and_port, self._cluster.brokers)


def _context(cluster: Cluster) -> ssl.SSLContext:
    """Blocks, in a thread: it reads files."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if cluster.tls_skip_verify:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    else:
        trust(context, tls_files(cluster))
    identify(context, tls_files(cluster))
    return context


async def _offered(stream: trio.abc.Stream) -> tuple[str, ...] | None:
    """The mechanisms that a port offers, none without SASL; None when no Kafka answers."""
    await stream.send_all(QUESTION)
    length = read_length(await _receive(stream, 4))
    return None if length is None else read_answer(await _receive(stream, length))


async def _receive(stream: trio.abc.Stream, size: int) -> bytes:
    """Exactly so many bytes. *Errors*: `BrokenResourceError`, also for an end before them."""
    received = bytearray()
    while len(received) < size:
        some = await stream.receive_some(size - len(received))
        if not some:
            raise trio.BrokenResourceError("the broker hung up")
        received += some
    return bytes(received)


def _host_and_port(address: str) -> tuple[str, int]:
    host, port = parse_host(address)
    return host, port or _DEFAULT_PORT


def _is_alert(error: ssl.SSLError) -> bool:
    return "ALERT" in (error.reason or "")


def _is_about_a_certificate(error: ssl.SSLError) -> bool:
    """Whether the broker ended it for the client's certificate, or for want of one."""
    return _is_alert(error) and any(each in error.reason for each in ("CERTIFICATE", "UNKNOWN_CA"))


def _one_of(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"one of {', '.join(names)}"
