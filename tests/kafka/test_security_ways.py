"""Every way to connect safely: the real commands, and a real broker that asks who is there."""

import json
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
import trio

from tests.answers import answered, open_tail
from tests.end_to_end.gateway import WARLOGIX, running
from tests.kafka import press
from tests.secure_broker import PLAIN_USERS, Acl, SecureBroker
from tests.token_server import open_token_server
from tests.witness import create_topic, read_topic_async
from tests.writers import Letter, Sender, Site, ask, memory, send
from warlogix.config import load
from warlogix.kafka.consumer import open_tail as look_on
from warlogix.kafka.starts import Beginning
from warlogix.simulators.s7 import open_s7_simulator

LIMIT = 90

CA = 'use_tls = true\ntls_ca_file = "{ca}"\n'
CERT = CA + 'tls_cert_file = "{cert}"\n'
USER = 'username = "{user}"\npassword = "{user}-secret"\n'
TOKEN = CA + 'sasl_mechanism = "OAUTHBEARER"\n[kafka.options]\n'


@dataclass(frozen=True, slots=True)
class Way:
    """A listener of the secure broker, the keys that fit it, and the principal that they make."""

    listener: str
    keys: str
    principal: str


WAYS = {
    "tls": Way("tls", CA, "ANONYMOUS"),
    "unverified": Way("expired", "use_tls = true\ntls_skip_verify = true", "ANONYMOUS"),
    "certificate": Way("mtls", CERT + 'tls_key_file = "{key}"', "{user}"),
    "locked-key": Way(
        "mtls",
        CERT + 'tls_key_file = "{locked}"\ntls_key_password_file = "{key_password_file}"',
        "{user}",
    ),
    "plain": Way(
        "sasl",
        CA + 'sasl_mechanism = "PLAIN"\nusername = "plain-user"\npassword = "{plain}"',
        "plain-user",
    ),
    "scram-256": Way("sasl", CA + 'sasl_mechanism = "SCRAM-SHA-256"\n' + USER, "{user}"),
    "scram-512": Way("sasl", CA + 'sasl_mechanism = "SCRAM-SHA-512"\n' + USER, "{user}"),
    "scram-open": Way("sasl_plaintext", 'sasl_mechanism = "SCRAM-SHA-512"\n' + USER, "{user}"),
    "token": Way(
        "oauth",
        TOKEN + '"enable.sasl.oauthbearer.unsecure.jwt" = "true"\n'
        '"sasl.oauthbearer.config" = "principal={user}"',
        "{user}",
    ),
    "token-server": Way(
        "oauth",
        TOKEN + '"sasl.oauthbearer.method" = "oidc"\n'
        '"sasl.oauthbearer.client.id" = "{user}"\n'
        '"sasl.oauthbearer.client.secret" = "{user}-secret"\n'
        '"sasl.oauthbearer.token.endpoint.url" = "{token_url}"',
        "{user}",
    ),
}


@dataclass(frozen=True, slots=True)
class Safe:
    """A namespace whose topics the principals of all ways may use, and the keys of each way."""

    namespace: str
    secure: SecureBroker
    keys: Mapping[str, str]

    def configured(self, folder: Path, plc: int = 102) -> Path:
        """A configuration with a cluster for each way."""
        at = {way: self.secure.addresses[WAYS[way].listener] for way in self.keys}
        clusters = (
            press.cluster(self.namespace, way, at[way], keys) for way, keys in self.keys.items()
        )
        return press.configured(folder, self.namespace, clusters, plc)

    def site(self, way: str) -> Site:
        """The topics of one way, seen by somebody who needs nothing."""
        plaintext = self.secure.addresses["plaintext"]
        return Site(f"{self.namespace}-{way}", plaintext, {"Press": 0})


@pytest.fixture
def safe(secure: SecureBroker, topic_prefix: str, tmp_path: Path) -> Iterator[Safe]:
    """Each way's user with its credentials, and all that it may do in a namespace of the test's."""
    user = f"user-{topic_prefix}"
    secure.user(user, "SCRAM-SHA-256")
    secure.user(user, "SCRAM-SHA-512")
    pair = secure.certificates.client(user)
    (tmp_path / "key-password").write_text("secret-of-the-key\n")
    for principal in {way.principal.format(user=user) for way in WAYS.values()}:
        topics = (Acl("TOPIC", topic_prefix, each, "PREFIXED") for each in _ON_TOPICS)
        secure.grant(principal, *topics, Acl("GROUP", topic_prefix, "READ", "PREFIXED"))
    with open_token_server({user: f"{user}-secret"}) as url:
        given = {
            "ca": secure.certificates.ca,
            "cert": pair.cert,
            "key": pair.key,
            "locked": secure.certificates.locked(pair, "secret-of-the-key").key,
            "key_password_file": tmp_path / "key-password",
            "plain": PLAIN_USERS["plain-user"],
            "user": user,
            "token_url": url,
        }
        keys = {name: way.keys.format_map(given) for name, way in WAYS.items()}
        yield Safe(topic_prefix, secure, keys)


_ON_TOPICS = ("CREATE", "WRITE", "READ")


def warlogix(config: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A command of warlogix, as a process of its own."""
    command = [str(WARLOGIX), "--config", str(config), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


async def test_a_gateway_publishes_and_is_written_to_in_every_way(
    safe: Safe, tmp_path: Path
) -> None:
    """In each way topics are made, changes arrive, and a write request is taken and answered."""
    with trio.fail_after(LIMIT):
        async with (
            open_s7_simulator(memory(1)) as plc,
            running(safe.configured(tmp_path, plc.port)) as gateway,
            trio.open_nursery() as nursery,
        ):
            await gateway.says("Press: connected")
            for way in WAYS:
                nursery.start_soon(_prove, way, safe.site(way))


async def _prove(way: str, site: Site) -> None:
    """A change arrives, and a request is answered."""
    (change, *_) = await read_topic_async(site.kafka, site.namespace, at_least=1)
    assert (way, json.loads(change.value or b"")["tag"]) == (way, "Tag0")
    await site.ready()
    async with open_tail(site.kafka, site.responses) as responses:
        await send(site, [ask("Press", "Tag0", 1)])
        (answer,) = await answered(responses, 1)
    assert (way, answer.outcome) == (way, "done")


def test_the_commands_work_in_every_way(safe: Safe, tmp_path: Path) -> None:
    """`topics create` makes each way's topics, and `topics list` finds them as they are wanted."""
    config = safe.configured(tmp_path)
    made = warlogix(config, "topics", "create", "--json")
    assert (made.returncode, made.stderr) == (0, "")
    created = [json.loads(line) for line in made.stdout.splitlines()]
    assert {each["cluster"] for each in created} == set(WAYS)
    assert {each["result"] for each in created} == {"created"}
    listed = warlogix(config, "topics", "list", "--json")
    assert (listed.returncode, listed.stderr) == (0, "")
    assert {json.loads(line)["state"] for line in listed.stdout.splitlines()} == {"ok"}


async def test_topics_are_looked_at_in_every_way(safe: Safe, tmp_path: Path) -> None:
    """What others put into a topic is read by `tail` in each way."""
    plaintext = safe.secure.addresses["plaintext"]
    create_topic(plaintext, safe.namespace)
    await Sender(plaintext, safe.namespace).send([Letter(b"1")])
    for cluster in load(safe.configured(tmp_path), {}).kafka:
        with trio.fail_after(20):
            async with look_on(cluster.settings(), "test", [safe.namespace], Beginning()) as tail:
                records = [record async for some in tail.existing() for record in some]
        assert [record.value for record in records] == [b"1"]


def test_every_way_is_taken_at_the_first_try(safe: Safe, tmp_path: Path) -> None:
    """`check --connect` gets the cluster's id in each way, and warns of a broker that anybody
    could be."""
    checked = warlogix(safe.configured(tmp_path), "check", "--connect")
    for way in WAYS:
        assert f"{way}  answers; cluster id " in checked.stdout, checked.stderr
    assert checked.stderr.count("): any certificate is trusted") == 1
