"""Secrets that everybody on the machine can read, and secrets that cannot be read at all."""

import re
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from tests.unit.configurations import faults, loaded, saved, small
from warlogix import cli
from warlogix.commands.run import announced_plan
from warlogix.config import exposed
from warlogix.errors import Fault

SASL = {"sasl_mechanism": "PLAIN", "username": "edge1"}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that everybody can enter, as /etc is, whoever may enter those above it."""
    module = import_module("warlogix.config.exposed")
    above, may_pass = tmp_path.resolve().parents, module._may_pass
    monkeypatch.setattr(module, "_may_pass", lambda each: each in above or may_pass(each))
    tmp_path.chmod(0o755)
    return tmp_path


def found(folder: Path, mode: int, **cluster: Any) -> list[Fault]:
    """What is exposed with these settings of the cluster, in a file of this mode."""
    document = small()
    document["kafka"][0] |= cluster
    config = loaded(folder, document, {"SECRET": "hidden"})
    path = saved(folder, document)
    path.chmod(mode)
    return exposed(path, config)


OPTIONS = {"ssl.keystore.password": "hidden", "socket.keepalive.enable": "true"}


@pytest.mark.parametrize(
    ("cluster", "key"),
    [
        (SASL | {"password": "hidden"}, "password"),
        (SASL | {"password": "${UNSET:-hidden}"}, "password"),
        ({"options": OPTIONS}, 'options."ssl.keystore.password"'),
        (
            {"options": {"ssl.keystore.password": "${UNSET:-hidden}"}},
            'options."ssl.keystore.password"',
        ),
    ],
)
def test_a_secret_in_an_open_configuration_is_told(
    folder: Path, cluster: dict[str, Any], key: str
) -> None:
    """A secret that stands in a file for everybody is told with its key, chmod 600, and unsaid."""
    (fault,) = found(folder, 0o644, **cluster)
    assert fault.place == f"kafka[0].{key}"
    assert f"chmod 600 {folder / 'warlogix.toml'}" in fault.remedy
    assert "hidden" not in str(fault)
    assert found(folder, 0o640, **cluster) == []


@pytest.mark.parametrize("command", ["check", "run"])
def test_it_is_said_to_whoever_starts(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    command: str,
) -> None:
    """`check` tells an open secret and its line on stderr, `run` in its log before it begins."""
    document = small()
    document["kafka"][0] |= SASL | {"password": "hidden"}
    path = saved(folder, document)
    path.chmod(0o644)
    if command == "run":
        announced_plan(path, loaded(folder, document))
    else:
        monkeypatch.setattr(sys, "argv", ["warlogix", "--config", str(path), "check"])
        monkeypatch.setattr("warlogix.logs.configure", lambda *_: None)
        with pytest.raises(SystemExit):
            cli.main()
    told = [*caplog.messages, *capsys.readouterr().err.splitlines()]
    about = r" \(Local, line \d+\)" if command == "check" else ""
    said = re.compile(rf"kafka\[0\]\.password{about}: everybody on this machine can read it")
    assert any(said.search(line) for line in told)


def test_what_the_environment_holds_is_not_in_the_file(folder: Path) -> None:
    """A variable's name is no secret, and neither is a default that is empty."""
    options = {"ssl.keystore.password": "${SECRET:-}"}
    assert found(folder, 0o644, **SASL, password="${SECRET}", options=options) == []


def test_files_of_secrets_are_told(folder: Path) -> None:
    """The password's file, the key's and that of its password are told each, while they are open
    to everybody."""
    names = ("password_file", "tls_key_password_file", "tls_key_file")
    for name in names:
        (folder / name).write_text("hidden\n")
        (folder / name).chmod(0o604)
    cluster = SASL | {"use_tls": True, "tls_cert_file": "c"} | {name: name for name in names}
    told = found(folder, 0o600, **cluster)
    assert {fault.place for fault in told} == {f"kafka[0].{name}" for name in names}
    assert {fault.remedy for fault in told} == {f"chmod 600 {folder / name}" for name in names}
    for name in names:
        (folder / name).chmod(0o600)
    assert found(folder, 0o600, **cluster) == []


@pytest.mark.parametrize(
    "option", ["ssl.keystore.location", "sasl.oauthbearer.assertion.private.key.file"]
)
def test_files_that_options_name_are_told(folder: Path, option: str) -> None:
    """A file of a secret that an option names is told by the option, while it is open."""
    file = folder / "store.p12"
    file.write_text("hidden")
    file.chmod(0o604)
    cluster = {"use_tls": True, "options": {option: str(file)}}
    (fault,) = found(folder, 0o600, **cluster)
    assert (fault.place, fault.remedy) == (f'kafka[0].options."{option}"', f"chmod 600 {file}")
    file.chmod(0o600)
    assert found(folder, 0o600, **cluster) == []


def test_a_closed_folder_closes_what_is_in_it(folder: Path) -> None:
    """A file in a folder that only its owner enters is read by nobody else."""
    folder.chmod(0o700)
    assert found(folder, 0o644, **SASL, password="hidden") == []


@pytest.mark.parametrize(
    ("content", "fact"),
    [
        (None, "there is no file"),
        ("", "holds no secret"),
        ("\n", "holds no secret"),
        ("folder", "is a folder"),
        ("x" * 70_000, "is too large for a secret"),
    ],
)
def test_a_file_without_a_secret_is_a_fault(tmp_path: Path, content: str | None, fact: str) -> None:
    """Each file of a secret is told by its key when it holds none, all of a cluster at once."""
    name = tmp_path / "secret"
    if content == "folder":
        name.mkdir()
    elif content is not None:
        name.write_text(content)
    document = small()
    document["kafka"][0] |= SASL | {
        "password_file": "secret",
        "use_tls": True,
        "tls_cert_file": "c",
        "tls_key_file": "k",
        "tls_key_password_file": "secret",
    }
    told = faults(tmp_path, document)
    places = [fault.place for fault in told]
    assert places == ["kafka[0].password_file", "kafka[0].tls_key_password_file"]
    assert all(fact in fault.fact for fault in told)


def test_the_end_of_the_line_is_no_part_of_a_secret(tmp_path: Path) -> None:
    """A file written by an editor or by `echo` holds the secret alone; spaces inside are kept."""
    (tmp_path / "secret").write_text(" two words \r\n")
    document = small()
    document["kafka"][0] |= SASL | {"password_file": "secret"}
    password = loaded(tmp_path, document).kafka[0].password
    assert password is not None
    assert password.get_secret_value() == " two words "
