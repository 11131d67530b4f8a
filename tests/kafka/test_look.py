"""What a port speaks, seen by a short connection of our own to servers on loopback."""

import ssl
import struct
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path

import pytest
import trio
import trio.testing
import trustme

from tests.certificates import Certificates
from tests.ports import refusing
from warlogix.clusters import Cluster
from warlogix.kafka.look import Looks, look
from warlogix.kafka.reasons import Trouble

HERE = ["127.0.0.1", "localhost"]
VAGUE = "nobody knows why"


@pytest.fixture
def certificates(tmp_path: Path) -> Certificates:
    """Authorities of the test's own."""
    return Certificates(tmp_path)


def secured(store: Path, client_ca: Path | None = None) -> ssl.SSLContext:
    """A server's side of TLS, which wants a client certificate of an authority if there is one."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(store)
    if client_ca is not None:
        context.load_verify_locations(client_ca)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


async def answer(
    offered: Sequence[bytes], tls: ssl.SSLContext | None, tcp: trio.SocketStream
) -> None:
    """Answer one SaslHandshake, as a broker does that offers these mechanisms; then hang up."""
    stream: trio.abc.Stream = tcp
    if tls is not None:
        stream = trio.SSLStream(tcp, tls, server_side=True, https_compatible=True)
    names = b"".join(struct.pack(">h", len(name)) + name for name in offered)
    body = struct.pack(">ihi", 1, 0 if offered else 34, len(offered)) + names
    async with tcp:
        with suppress(trio.BrokenResourceError):
            asked = await stream.receive_some(1000)
            # What is no request of Kafka's makes a broker hang up.
            if asked[4:6] == b"\x00\x11":
                await stream.send_all(struct.pack(">i", len(body)) + body)


@asynccontextmanager
async def broker(
    *offered: bytes, tls: ssl.SSLContext | None = None
) -> AsyncIterator[tuple[str, list[int]]]:
    """The address of such a broker, and a list that grows with its connections."""
    met: list[int] = []

    async def meet(tcp: trio.SocketStream) -> None:
        met.append(1)
        await answer(offered, tls, tcp)

    async with trio.open_nursery() as nursery:
        serve = partial(trio.serve_tcp, meet, 0, host="127.0.0.1")
        (listener,) = await nursery.start(serve)
        host, port = listener.socket.getsockname()
        yield f"{host}:{port}", met
        nursery.cancel_scope.cancel()


async def seen(cluster: Cluster, address: str) -> str:
    """What a look at the address tells; VAGUE where it tells nothing."""
    with trio.fail_after(10):
        return (await look(Trouble(VAGUE, look_at=(address,)), cluster)).text


async def test_each_fault_of_the_brokers_certificate_is_told_apart(
    certificates: Certificates,
) -> None:
    """A foreign CA, no CA file, another host, and a time that is over have each their own words
    and key, with the address behind them."""
    good = certificates.store("broker", HERE)
    for store, ca, part in (
        (good, certificates.foreign_ca, "signed by no CA in tls_ca_file: set tls_ca_file"),
        (good, "", "signed by no CA that this machine trusts: set tls_ca_file"),
        (certificates.store("broker", ["kafka1"]), certificates.ca, "is not for 127.0.0.1: change"),
        (certificates.store("broker", HERE, days=-1), certificates.ca, "has expired: renew it"),
    ):
        async with broker(tls=secured(store)) as (address, _):
            cluster = Cluster("Local", (address,), use_tls=True, tls_ca_file=str(ca))
            text = await seen(cluster, address)
        assert part in text
        assert text.endswith(f"({address})")


async def test_an_address_that_the_broker_gave_is_the_brokers_to_change(
    certificates: Certificates,
) -> None:
    """A name that is not in brokers came from the broker, whose certificate must have it."""
    async with broker(tls=secured(certificates.store("broker", ["kafka1"]))) as (address, _):
        cluster = Cluster("Local", ("kafka1:9",), use_tls=True, tls_ca_file=str(certificates.ca))
        assert "change advertised.listeners of the broker" in await seen(cluster, address)


async def test_tls_at_one_end_alone_is_told(certificates: Certificates) -> None:
    """TLS where none is spoken, and none where TLS is, name use_tls."""
    async with broker() as (address, _):
        cluster = Cluster("Local", (address,), use_tls=True, tls_ca_file=str(certificates.ca))
        assert "set use_tls = false" in await seen(cluster, address)
    store = certificates.store("broker", HERE)
    for tls in (secured(store), secured(store, certificates.ca)):
        async with broker(tls=tls) as (address, _):
            assert "set use_tls = true" in await seen(Cluster("Local", (address,)), address)


@pytest.mark.parametrize(
    ("offered", "part"),
    [
        ([b"SCRAM-SHA-256", b"PLAIN", b"GSSAPI"], "sasl_mechanism to one of PLAIN, SCRAM-SHA-256"),
        ([b"OAUTHBEARER"], "set sasl_mechanism to OAUTHBEARER"),
        ([b"GSSAPI"], "wants SASL with GSSAPI on this port: change brokers"),
    ],
)
async def test_a_port_that_wants_sasl_says_which(
    certificates: Certificates, offered: list[bytes], part: str
) -> None:
    """The mechanisms that can be set are listed, over TLS as without it."""
    async with broker(*offered) as (address, _):
        assert part in await seen(Cluster("Local", (address,)), address)
    async with broker(*offered, tls=secured(certificates.store("broker", HERE))) as (address, _):
        cluster = Cluster("Local", (address,), use_tls=True, tls_ca_file=str(certificates.ca))
        assert part in await seen(cluster, address)


async def test_where_nothing_is_wrong_the_words_stay(certificates: Certificates) -> None:
    """A broker that takes the settings, one that refuses to be called and one that never answers
    leave what was known before, within seconds."""
    tls = secured(certificates.store("broker", HERE))
    async with broker(tls=tls) as (address, _):
        cluster = Cluster("Local", (address,), use_tls=True, tls_ca_file=str(certificates.ca))
        assert await seen(cluster, address) == VAGUE
        unchecked = Cluster("Local", (address,), use_tls=True, tls_skip_verify=True)
        assert await seen(unchecked, address) == VAGUE
    with refusing() as port:
        address = f"127.0.0.1:{port}"
        assert await seen(Cluster("Local", (address,)), address) == VAGUE
    (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
    async with listener:
        address = f"127.0.0.1:{listener.socket.getsockname()[1]}"
        assert await seen(Cluster("Local", (address,)), address) == VAGUE


@asynccontextmanager
async def saying(words: bytes) -> AsyncIterator[str]:
    """The address of a server that says this to everybody, and hangs up."""

    async def say(stream: trio.SocketStream) -> None:
        with suppress(trio.BrokenResourceError):
            await stream.receive_some(1000)
            if words:
                await stream.send_all(words)

    async with trio.open_nursery() as nursery:
        serve = partial(trio.serve_tcp, say, 0, host="127.0.0.1")
        (listener,) = await nursery.start(serve)
        yield f"127.0.0.1:{listener.socket.getsockname()[1]}"
        nursery.cancel_scope.cancel()


@pytest.mark.parametrize("words", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"SSH-2.0-x\r\n"])
async def test_a_port_of_something_else_is_no_broker(words: bytes) -> None:
    """What answers as no broker does is told to be none, with TLS and without."""
    async with saying(words) as address:
        for use_tls in (False, True):
            cluster = Cluster("Local", (address,), use_tls=use_tls)
            text = await seen(cluster, address)
            assert text == f"what listens there is no Kafka broker: change brokers ({address})"


async def test_a_port_that_hangs_up_may_expect_tls() -> None:
    """Only where the end of a connection was seen it is told, and nobody has to act at once; it
    says less than librdkafka where TLS has failed."""
    async with saying(b"") as address:
        cluster = Cluster("Local", (address,))
        found = await look(Trouble(VAGUE, look_at=(address,)), cluster)
        assert "hangs up without a word: check brokers, and use_tls if" in found.text
        assert not found.fatal
        cluster = Cluster("Local", (address,), use_tls=True)
        assert await seen(cluster, address) == VAGUE


async def test_a_ca_file_without_its_root_is_told(tmp_path: Path) -> None:
    """A file with the CA that signed the broker's certificate alone lacks the root."""
    root = trustme.CA()
    between = root.create_child_ca()
    leaf = between.issue_cert(*HERE)
    store, ca = tmp_path / "store.pem", tmp_path / "ca.pem"
    store.write_bytes(
        b"".join(each.bytes() for each in (leaf.private_key_pem, *leaf.cert_chain_pems))
    )
    between.cert_pem.write_to_path(ca)
    async with broker(tls=secured(store)) as (address, _):
        cluster = Cluster("Local", (address,), use_tls=True, tls_ca_file=str(ca))
        assert "tls_ca_file lacks the root: add the certificate" in await seen(cluster, address)
        root.cert_pem.write_to_path(ca)
        assert await seen(cluster, address) == VAGUE


async def test_definite_words_stay_until_something_else_is_seen(
    autojump_clock: trio.testing.MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A later look that sees nothing changes no words; one that finds all in order does, and a
    trouble that nobody had for a minute begins anew."""
    sights: list[str | None] = ["definite", None, "", "definite", None]

    async def sight(address: str, cluster: Cluster) -> str | None:
        await trio.lowlevel.checkpoint()
        return sights.pop(0)

    monkeypatch.setattr("warlogix.kafka.look._seen", sight)
    looks = Looks(Cluster("Local", ("b:9",)))
    told = []
    for pause in (16, 16, 16, 61, 0):
        told.append((await looks.at(Trouble(VAGUE, look_at=("b:9",)))).text)
        await trio.sleep(pause)
    assert told == ["definite (b:9)", "definite (b:9)", VAGUE, "definite (b:9)", VAGUE]


async def test_a_trouble_is_looked_at_once_in_a_while() -> None:
    """The same trouble again has the same words, without another connection; one that is clear
    is never looked at."""
    async with broker(b"PLAIN") as (address, met):
        looks = Looks(Cluster("Local", (address,)))
        vague = Trouble(VAGUE, look_at=(address,))
        with trio.fail_after(10):
            first = await looks.at(vague)
            assert await looks.at(vague) == first
            assert await looks.at(Trouble("clear")) == Trouble("clear")
    assert first.fatal
    assert len(met) == 1
