"""The files of a configuration: where it is looked for, and how it and its secrets are read."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import platformdirs
import tomli

from warlogix.config.shown import plain, quoted
from warlogix.errors import ConfigError, Fault, Malformed

FILE_NAME = "warlogix.toml"
_VARIABLE = "WARLOGIX_CONFIG"
_LARGEST = 64_000_000
_LARGEST_SECRET = 64_000


def find(explicit: Path | None, environ: Mapping[str, str], cwd: Path) -> Path:
    """The configuration file: the one that was named, else the first that there is.

    Raises `ConfigError` that lists where it looked. A file that was named need not be there:
    `load` says so.
    """
    if explicit is not None:
        return explicit
    if named := environ.get(_VARIABLE):
        return Path(named)
    places = (
        cwd / FILE_NAME,
        platformdirs.user_config_path("warlogix", appauthor=False) / FILE_NAME,
        Path("/etc/warlogix") / FILE_NAME,
    )
    for path in places:
        if path.exists():
            return path
    looked = ", ".join(str(path) for path in places)
    remedy = f"write one of them, or name a file with --config or ${_VARIABLE}"
    raise ConfigError([Fault("", f"there is no configuration: looked for {looked}", remedy)])


def read_text(path: Path) -> str:
    """What the file says. Raises `ConfigError` with one fault."""
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
    except FileNotFoundError as exc:
        remedy = f"write it, or name another file with --config or ${_VARIABLE}"
        raise _fault(path, "there is no such file", remedy) from exc
    except (OSError, ValueError) as exc:
        remedy = "make it readable, or name another file with --config"
        raise _fault(path, f"cannot be read: {_reason(exc)}", remedy) from exc
    if len(content) > _LARGEST:
        raise _fault(path, "is larger than 64 MB", "name a configuration file")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        before = content[: exc.start]
        line = before.count(b"\n") + 1
        column = exc.start - before.rfind(b"\n")
        fact = f"line {line}, column {column}: a byte that is not UTF-8"
        raise _fault(path, fact, "save the file as UTF-8") from exc


def parsed(path: Path, text: str) -> dict[str, Any]:
    """The file's text as TOML. Raises `ConfigError` with one fault, which names line and column."""
    try:
        return tomli.loads(text)
    except tomli.TOMLDecodeError as exc:
        message = re.sub(r" \(at (.*)\)$", "", str(exc))
        fact = f"line {exc.lineno}, column {exc.colno}: {message}"
    except (RecursionError, ValueError) as exc:
        # Nested too deeply, or a number of thousands of digits.
        fact = str(exc).partition(":")[0]
    raise _fault(path, fact, "correct the TOML there; https://toml.io shows how it is written")


def read_secret(path: Path) -> str:
    """The secret that a file holds, without the line's end. Raises `Malformed`."""
    where = quoted(str(path))
    try:
        if path.is_dir():
            raise Malformed(f"{where} is a folder", "name the file in it that holds the secret")
        if not path.is_file():
            raise Malformed(f"there is no file {where}", "write the secret into it")
        with path.open("rb") as file:
            content = file.read(_LARGEST_SECRET + 1)
    except (OSError, ValueError) as exc:
        raise Malformed(f"{where} cannot be read: {_reason(exc)}", "make it readable") from exc
    if len(content) > _LARGEST_SECRET:
        raise Malformed(f"{where} is too large for a secret", "name the file with the secret")
    try:
        text = content.decode().rstrip("\r\n")
    except UnicodeDecodeError as exc:
        raise Malformed(f"{where} is not UTF-8", "write the secret as text") from exc
    if not text or "\0" in text:
        raise Malformed(f"{where} holds no secret", "write the secret into it")
    return text


def _reason(exc: OSError | ValueError) -> str:
    return (exc.strerror if isinstance(exc, OSError) else None) or str(exc)


def _fault(path: Path, fact: str, remedy: str) -> ConfigError:
    return ConfigError([Fault("", plain(f"{path}: {fact}"), remedy)])
