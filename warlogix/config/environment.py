"""Values from the environment inside a parsed configuration.

`${VAR}` stands for the variable, `${VAR:-default}` for the default where it is unset or empty.
What a variable holds is not looked at again, and a `$` without a brace stays a `$`.
"""

import re
from collections.abc import Mapping
from typing import Any

from warlogix.config.shown import place, quoted
from warlogix.errors import Fault

_REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(:-([^}]*))?\}|\$\{")
_DEEPEST = 50

Path = tuple[str | int, ...]


def has_default(text: str) -> bool:
    """Whether the text itself says what counts where a variable is not set: `${VAR:-this}`."""
    return any(match[3] for match in _REFERENCE.finditer(text))


class Environment:
    """Fills one document from the environment and remembers where it did.

    `faults` grow while `fill` works; `origins` tells for each filled place what the file says
    there, so that a fault can show `"${PASSWORD}"` and not what the variable holds.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self.faults: list[Fault] = []
        self.origins: dict[str, tuple[str, str]] = {}

    def fill(self, value: Any, path: Path = ()) -> Any:
        """The same value, every text in it filled."""
        if isinstance(value, str):
            if "\0" in value:
                fact = "holds a NUL character"
                self.faults.append(Fault(place(path), fact, "leave it out"))
            return self._text(value, path) if "${" in value else value
        if len(path) > _DEEPEST:
            return value
        if isinstance(value, dict):
            return {key: self.fill(item, (*path, key)) for key, item in value.items()}
        if isinstance(value, list):
            return [self.fill(item, (*path, index)) for index, item in enumerate(value)]
        return value

    def _text(self, text: str, path: Path) -> str:
        where = place(path)
        filled = _REFERENCE.sub(lambda match: self._value(match, where), text)
        self.origins[where] = (filled, text)
        return filled

    def _value(self, match: re.Match[str], where: str) -> str:
        name, fallback = match[1], match[3]
        if name is None:
            self.faults.append(
                Fault(
                    where,
                    'has "${" without the name of an environment variable',
                    'write ${NAME} or ${NAME:-default}; a text that really holds "${" can come'
                    " out of a variable",
                )
            )
            return match[0]
        held = self._environ.get(name, "")
        if held or (fallback is None and name in self._environ):
            return held
        if fallback is None:
            self.faults.append(
                Fault(
                    where,
                    f"the environment variable {quoted(name)} is not set",
                    f"set it, or give a default: ${{{name}:-default}}",
                )
            )
            return match[0]
        return fallback
