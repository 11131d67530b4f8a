"""Secrets in files that everybody on the machine can read, each with the key that leads there."""

import re
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from warlogix.config.environment import has_default
from warlogix.config.files import parsed, read_text
from warlogix.config.kafka import ClusterConfig
from warlogix.config.model import Config
from warlogix.config.shown import place as at
from warlogix.config.shown import plain
from warlogix.errors import Fault

_SECRETS = ("password", "tls_key_password")
_SECRET_FILES = ("password_file", "tls_key_password_file", "tls_key_file")
_SECRET_FILE_OPTIONS = (
    "ssl.keystore.location",
    "sasl.kerberos.keytab",
    "sasl.oauthbearer.assertion.file",
    "sasl.oauthbearer.assertion.private.key.file",
)
_SECRET_OPTION = re.compile(r"password|passphrase|secret|\.key\.pem$|^sasl\.oauthbearer\.config$")


def exposed(path: Path, config: Config) -> list[Fault]:
    """What of this file, which `config` was loaded from, everybody can read.

    Raises `ConfigError` when the file cannot be read any more.
    """
    found: list[Fault] = []
    if _is_open(path):
        document = parsed(path, read_text(path))
        for i, cluster in enumerate(document.get("kafka", [])):
            found += _written(path, f"kafka[{i}]", cluster)
    for i, settings in enumerate(config.kafka):
        found += _named(path, f"kafka[{i}]", settings)
    return found


def _written(path: Path, place: str, cluster: Mapping[str, Any]) -> Iterator[Fault]:
    for key in _literal(cluster):
        fact = f"everybody on this machine can read it in {path}"
        remedy = f"chmod 600 {path}, or let it come from a file or the environment"
        yield _fault(f"{place}.{key}", fact, remedy)


def _named(path: Path, place: str, cluster: ClusterConfig) -> Iterator[Fault]:
    named = {key: path.parent / name for key in _SECRET_FILES if (name := getattr(cluster, key))}
    # librdkafka opens what its options name, and knows no folder of a configuration.
    options = {at(["options", name]): cluster.options.get(name) for name in _SECRET_FILE_OPTIONS}
    named |= {key: Path(name) for key, name in options.items() if name}
    for key, file in named.items():
        if _is_open(file):
            fact = f"everybody on this machine can read {file}"
            yield _fault(f"{place}.{key}", fact, f"chmod 600 {file}")


def _literal(cluster: Mapping[str, Any]) -> Iterator[str]:
    """The keys under which a secret itself stands, also as what counts without its variable."""
    for key in _SECRETS:
        if key in cluster and _is_literal(cluster[key]):
            yield key
    for name, value in cluster.get("options", {}).items():
        if _SECRET_OPTION.search(name) and _is_literal(value):
            yield at(["options", name])


def _is_literal(value: Any) -> bool:
    return "${" not in str(value) or has_default(str(value))


def _is_open(path: Path) -> bool:
    """Whether everybody may read the file, and come to it through its folders."""
    try:
        real = path.resolve(strict=True)
        may_read = real.stat().st_mode & stat.S_IROTH
        return bool(may_read) and all(_may_pass(folder) for folder in real.parents)
    except OSError:
        return False


def _may_pass(folder: Path) -> bool:
    return bool(folder.stat().st_mode & stat.S_IXOTH)


def _fault(place: str, fact: str, remedy: str) -> Fault:
    return Fault(place, plain(fact), plain(remedy))
