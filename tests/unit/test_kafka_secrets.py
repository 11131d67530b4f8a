"""librdkafka's texts without secrets: in what is said, and in its own log lines."""

import logging
from collections.abc import Mapping
from dataclasses import replace

import confluent_kafka
import pytest
import trio
from confluent_kafka import KafkaError

from tests.outlets import NOWHERE, cluster
from warlogix.clusters import Cluster
from warlogix.errors import BrokerFatal
from warlogix.kafka.clients import new_client
from warlogix.kafka.group import open_member
from warlogix.kafka.reasons import explain
from warlogix.kafka.secrets import without_secrets
from warlogix.kafka.settings import client_config

OIDC = {
    "sasl.oauthbearer.method": "oidc",
    "sasl.oauthbearer.client.id": "gw",
    "sasl.oauthbearer.client.secret": "S3CR3T-of-client",
}
URL = "http://me:S3CR3Tpw@127.0.0.1:1/token?key=S3CR3Tq"


def wanting(options: Mapping[str, str]) -> Cluster:
    """A cluster that wants a token, which these options say how to get."""
    return replace(cluster(NOWHERE), sasl_mechanism="OAUTHBEARER", options=options)


@pytest.mark.parametrize(
    ("options", "part"),
    [
        ({"sasl.oauthbearer.method": "S3CR3Tm"}, 'for configuration property "sasl.oauth'),
        ({"ssl.providers": "S3CR3TI"}, "Failed to load OpenSSL provider"),
        ({"linger.ms": "soon"}, "queue.buffering.max.ms"),
        ({"debug": "everything"}, 'Invalid value "everything" for configuration property "debug"'),
    ],
)
def test_what_librdkafka_does_not_take_is_told_without_its_value(
    options: Mapping[str, str], part: str
) -> None:
    """The line names the option and hides its value, unless that option holds no secret."""
    settings = replace(cluster(NOWHERE), use_tls=True, options=options)
    with pytest.raises(BrokerFatal) as caught:
        new_client(confluent_kafka.Producer, settings, client_config(settings, "test"))
    assert part in str(caught.value)
    assert "S3CR3T" not in str(caught.value)


@pytest.mark.parametrize("given", ["S3CR3Ta=gw", "principal=a lifeSeconds=S3CR3T", "principal=S3C"])
async def test_a_token_that_cannot_be_made_is_told_without_its_settings(given: str) -> None:
    """Of a text that librdkafka quotes in part nothing is told."""
    options = {"sasl.oauthbearer.config": given, "enable.sasl.oauthbearer.unsecure.jwt": "true"}
    settings = wanting(options)
    heard: list[KafkaError] = []
    config = client_config(settings, "test") | {"error_cb": heard.append}
    client = new_client(confluent_kafka.Producer, settings, config)
    with trio.move_on_after(2):
        while not heard:
            client.poll(0)
            await trio.sleep(0.01)
    assert heard
    texts = [explain(error.code(), error.str(), settings).text for error in heard]
    assert "S3C" not in " ".join(texts)


@pytest.mark.parametrize("secret", ["pw1", "long-enough", "with space", "a&b/c=d"])
def test_each_secret_is_hidden_however_it_is_met(secret: str) -> None:
    """Passwords, a key's password and an unknown option's value are hidden, also in a URL."""
    for settings in (
        replace(cluster(NOWHERE), password=secret),
        replace(cluster(NOWHERE), tls_key_password=secret),
        wanting({"sasl.oauthbearer.scope": secret}),
    ):
        assert without_secrets(f'no "{secret}" here', settings) == 'no "…" here'
        in_url = secret.replace("&", "%26").replace("/", "%2F").replace("=", "%3D")
        assert in_url.replace(" ", "%20") not in without_secrets(
            f"to x?{in_url.replace(' ', '%20')}", settings
        )


def test_a_text_that_ends_in_the_midst_of_a_secret_hides_its_beginning() -> None:
    """librdkafka cuts long texts; what is left of a secret is hidden too."""
    settings = replace(cluster(NOWHERE), password="S3CR3T-and-long")
    assert without_secrets("refused: S3CR3T-an", settings) == "refused: …"


def test_what_says_nothing_stays_readable() -> None:
    """Values like `true`, `oidc` and numbers, and hosts around a short secret, are left."""
    settings = wanting(
        {
            "enable.sasl.oauthbearer.unsecure.jwt": "true",
            "sasl.oauthbearer.method": "oidc",
            "socket.timeout.ms": "9092",
            "sasl.oauthbearer.client.id": "gw",
        }
    )
    text = "gw1:9092: true oidc"
    assert without_secrets(text, settings) == text


def test_a_token_endpoint_is_told_without_what_it_echoes() -> None:
    """The error is one line of bounded length, without the secret or a header that holds it."""
    page = f"<html>\n{OIDC['sasl.oauthbearer.client.secret']}\n Authorization: Basic Z3c6UzNDUjNU\n"
    said = f"Failed to acquire SASL OAUTHBEARER token: {page}" + "much\n" * 500
    text = explain(KafkaError._AUTHENTICATION, said, wanting(OIDC)).text
    assert "there is no token to show to the broker" in text
    assert "S3CR3T" not in text
    assert "Z3c6" not in text
    assert "\n" not in text
    assert len(text) < 500


def test_librdkafkas_log_lines_hide_secrets(caplog: pytest.LogCaptureFixture) -> None:
    """What it logs, of a token endpoint for example, has no user, password or query in it."""
    caplog.set_level(logging.DEBUG)
    settings = wanting({**OIDC, "sasl.oauthbearer.token.endpoint.url": URL})
    log = client_config(settings, "test")["logger"]
    log.log(7, "%s [%s] %s", "OIDC", "rdkafka#1", f"POST {URL} as gw:S3CR3T-of-client")
    log.log(7, "%s [%s] %s", "OIDC", "rdkafka#1", "user me:S3CR3Tpw query S3CR3Tq 100%")
    bare = wanting({"sasl.oauthbearer.token.endpoint.url": "http://a/t?S3CR3T-alone"})
    assert "S3CR3T" not in without_secrets("asked with S3CR3T-alone", bare)
    assert "S3CR3T" not in caplog.text
    assert "OIDC [rdkafka#1] user …" in caplog.text


async def test_a_members_details_hide_secrets(caplog: pytest.LogCaptureFixture) -> None:
    """What librdkafka tells a member of a group of its connection is logged without them."""
    caplog.set_level(logging.DEBUG)
    options = {
        "sasl.oauthbearer.config": "S3CR3T=gw",
        "enable.sasl.oauthbearer.unsecure.jwt": "true",
    }
    with trio.fail_after(20):
        async with open_member(wanting(options), "test", "writers", "writes"):
            while "SASL OAUTHBEARER token" not in caplog.text:  # noqa: ASYNC110
                await trio.sleep(0.01)
    assert "S3CR3T" not in caplog.text
