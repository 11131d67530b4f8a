"""No secret leaves the program: planted wherever one can stand, and looked for in all it says."""

import os
import subprocess
from pathlib import Path

import pytest
import trio

from tests.certificates import Certificates
from tests.end_to_end.gateway import WARLOGIX, running
from tests.ports import refusing
from tests.unit.configurations import loaded, saved, small
from warlogix.config import load
from warlogix.errors import ConfigError

# Each begins alike, so that one search finds any of them, whole or cut.
PLANTED = "s3cr3t"

CONFIG = """
namespace = "factory"
buffer.directory = "buffer"
[[plcs]]
name = "Press"
family = "s7"
address = "127.0.0.1:{port}"
tags = [{{ name = "DB1.DBD0", alias = "Count", data_type = "DINT", writable = true }}]
[[kafka]]
name = "Literal"
brokers = ["127.0.0.1:{port}"]
sasl_mechanism = "PLAIN"
username = "edge1"
password = "s3cr3t-literal"
enable_writeback = true
[kafka.options]
"debug" = "all"
"ssl.keystore.password" = "s3cr3t-option"
"https.ca.pem" = "s3cr3t-pem"
[[kafka]]
name = "File"
selector = "file"
brokers = ["127.0.0.1:{port}"]
use_tls = true
tls_cert_file = "{cert}"
tls_key_file = "{key}"
tls_key_password_file = "key-password"
sasl_mechanism = "SCRAM-SHA-256"
username = "edge1"
password_file = "password"
[[kafka]]
name = "Variable"
selector = "variable"
brokers = ["127.0.0.1:{port}"]
use_tls = true
tls_cert_file = "{cert}"
tls_key_file = "{key}"
tls_key_password = "s3cr3t-but-wrong"
sasl_mechanism = "SCRAM-SHA-512"
username = "edge1"
password = "${{PASSWORD}}"
[[kafka]]
name = "Token"
selector = "token"
brokers = ["127.0.0.1:{port}"]
sasl_mechanism = "OAUTHBEARER"
[kafka.options]
"sasl.oauthbearer.method" = "oidc"
"sasl.oauthbearer.client.id" = "edge1"
"sasl.oauthbearer.client.secret" = "s3cr3t-client"
"sasl.oauthbearer.token.endpoint.url" = "https://127.0.0.1:{port}/token"
"""
COMMANDS = (
    "check --json",
    "check --connect",
    "topics list",
    "topics acls",
    "topics create",
    "tail --no-follow",
    "write Press Count 1 --cluster Literal --timeout 3s",
    "schema configuration",
)


def planted(folder: Path, port: int) -> Path:
    """A configuration whose secrets stand in every place; nobody answers at the port."""
    pair = Certificates(folder).client("edge1")
    locked = Certificates(folder).locked(pair, f"{PLANTED}-key")
    (folder / "key-password").write_text(f"{PLANTED}-key\n")
    (folder / "password").write_text(f"{PLANTED}-file\n")
    path = folder / "warlogix.toml"
    path.write_text(CONFIG.format(port=port, cert=locked.cert, key=locked.key))
    return path


async def test_no_command_says_a_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is asked, with each step logged, and however the clusters fail, nothing on stdout
    or stderr holds a secret, and no process was given one as an argument."""
    monkeypatch.setenv("PASSWORD", f"{PLANTED}-variable")
    said: dict[str, str] = {}

    async def ask(config: Path, command: str) -> None:
        words = [str(WARLOGIX), "--config", str(config), "--log-debug", "all", *command.split()]
        done = await trio.run_process(
            words, check=False, capture_stdout=True, capture_stderr=True, stdin=subprocess.DEVNULL
        )
        said[command] = (done.stdout + done.stderr).decode()

    with refusing() as port, trio.fail_after(120):
        config = planted(tmp_path, port)
        async with trio.open_nursery() as nursery:
            for command in COMMANDS:
                nursery.start_soon(ask, config, command)
        debugged = [str(WARLOGIX), "--log-debug", "all", "--log-level", "debug"]
        async with running(config, command=debugged) as gateway:
            for name in ("Literal", "File", "Variable", "Token"):
                await gateway.says(f"{name}: away: ")
            arguments = await trio.Path(f"/proc/{gateway.process.pid}/cmdline").read_bytes()
            gateway.terminate()
            assert await gateway.wait() == 0
    said["run"] = gateway.log + os.fsdecode(arguments)
    assert [command for command, text in said.items() if PLANTED in text] == []
    assert all(said.values())


@pytest.mark.parametrize(
    "cluster",
    [
        {"password": 5300035},
        {"sasl_mechanism": "PLAIN", "password": ["s3cr3t"]},
        {"password": "s3cr3t", "username": "edge1"},
        {"sasl_mechanism": "PLAIN", "password": "s3cr3t", "password_file": "none"},
        {"tls_key_password": "s3cr3t"},
        {"use_tls": True, "tls_key_password": {"is": "s3cr3t"}},
        {"sasl_password": "s3cr3t"},
        {"brokers": ["edge1:s3cr3t@kafka1:9092"]},
        {"brokers": ["kafka://edge1:s3cr3t@kafka1:9092"]},
        {"options": {"sasl.password": "s3cr3t"}},
        {"options": {"sasl.oauthbearer.client.secret": ["s3cr3t"]}},
        {"options": {"no.such.password": "s3cr3t"}},
        {"options": "s3cr3t"},
        {"tls_key_password": "${PASSWORD}"},
    ],
)
def test_a_fault_shows_no_secret(tmp_path: Path, cluster: dict[str, object]) -> None:
    """What is wrong with a secret, or in the place of one, is told without it."""
    document = small()
    document["kafka"][0] |= cluster
    with pytest.raises(ConfigError) as caught:
        loaded(tmp_path, document, {"PASSWORD": "s3cr3t"})
    shown = f"{caught.value} {caught.value!r} {caught.value.faults}"
    assert "s3cr3t" not in shown
    assert "5300035" not in shown


def test_a_broken_line_is_not_shown(tmp_path: Path) -> None:
    """What is no TOML is told by line and column, without what stands there."""
    path = saved(tmp_path, small())
    path.write_text(path.read_text() + '\npassword = "s3cr3t\n')
    with pytest.raises(ConfigError) as caught:
        load(path, {})
    assert "s3cr3t" not in str(caught.value)


def test_settings_show_no_secret(tmp_path: Path) -> None:
    """Neither the configuration nor what is made of it shows one as text, as in a traceback."""
    document = small()
    document["kafka"][0] |= {
        "use_tls": True,
        "tls_cert_file": "c",
        "tls_key_file": "k",
        "tls_key_password": "s3cr3t",
        "sasl_mechanism": "PLAIN",
        "username": "edge1",
        "password": "s3cr3t",
        "options": {"ssl.keystore.password": "s3cr3t"},
    }
    config = loaded(tmp_path, document)
    cluster = config.kafka[0]
    for each in (config, cluster, cluster.settings(), cluster.password):
        assert "s3cr3t" not in f"{each!r} {each}"
