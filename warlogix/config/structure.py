"""From a parsed document to a model, with every fault of its form: keys, types, ranges.

What is wrong is also mended (a default, or a stand-in for what is required), so that the checks
that come after see the rest of the file and report its faults too. Stand-ins are texts of one NUL,
which no configuration holds otherwise.
"""

import re
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from warlogix.config.hosts import shown_address
from warlogix.config.model import Config
from warlogix.config.shown import place, shown
from warlogix.errors import ConfigError, Fault

HOLE = "\0"
# What stands for a required key that is missing or wrong, until the file is refused.
_STAND_INS: dict[str, Any] = {
    "family": "logix",
    "brokers": [HOLE],
    "condition": {"operator": "==", "value": True},
    "operator": "==",
    "value": True,
    "members": [{"plc": HOLE, "tag": HOLE}],
}
_ROUNDS = 8
_SECRETS = frozenset({"password", "tls_key_password", "options"})
_ADDRESSES = frozenset({"address", "brokers"})

_Location = tuple[str | int, ...]


def read_structure(document: dict[str, Any]) -> tuple[Config, list[Fault]]:
    """The model, mended where it must be, and what was wrong. Mends the document in place."""
    faults: list[Fault] = []
    for _ in range(_ROUNDS):
        try:
            return Config.model_validate(document), faults
        except ValidationError as exc:
            errors = [each for each in exc.errors(include_url=False) if _is_cause(each)]
        # What later rounds find lies inside of what was mended.
        faults = faults or [_fault(error) for error in errors]
        for error in errors:
            _mend(document, error)
    raise ConfigError(faults)


def _is_cause(error: ErrorDetails) -> bool:
    """Whether it is no mere consequence: a list of nothing but wrong items is also called empty."""
    return error["type"] != "too_short" or not error["input"]


def _fault(error: ErrorDetails) -> Fault:
    location = error["loc"]
    secret = not _SECRETS.isdisjoint(location)
    given = error["input"]
    value = "the value" if secret else shown(given)
    if not _ADDRESSES.isdisjoint(location) and isinstance(given, str):
        value = shown_address(given)
    if error["type"] == "malformed":
        context = error["ctx"]
        return Fault(place(location), context["fact"], context["remedy"])
    if error["type"] == "extra_forbidden":
        return _unknown_key(location)
    if error["type"] == "missing":
        return Fault(place(location), "is missing", f"add {_example(location)}")
    return Fault(place(location), *_wrong(error, value, location))


def _wrong(error: ErrorDetails, value: str, location: _Location) -> tuple[str, str]:
    """Fact and remedy of a value that has the wrong type or is out of its range."""
    context = error.get("ctx", {})
    match error["type"]:
        case "string_type":
            return f"{value} is not a text", "write it in double quotes"
        case "int_type":
            return f"{value} is not a whole number", "write a whole number, without quotes"
        case "bool_type":
            return f"{value} is neither true nor false", "write true or false, without quotes"
        case "greater_than_equal":
            return f"{value} is too small", f"the least is {context['ge']}"
        case "less_than_equal":
            return f"{value} is too large", f"the most is {context['le']}"
        case "string_too_short":
            return "is an empty text", "write something, or leave the key out"
        case "string_too_long":
            return "is too long a text", f"at most {context['max_length']} characters"
        case "too_short":
            return "is an empty list", f"write {_example(location)}"
        case "literal_error":
            return f"{value} is not known here", _near(error["input"], context["expected"])
        case "tuple_type":
            return f"{value} is not a list", _list_form(location)
        case _:
            return f"{value} is not a table", "write a table: { key = value, … }, or its [header]"


def _near(given: object, expected: str) -> str:
    words = {word.upper(): word for word in re.findall(r"'([^']+)'", expected)}
    near = get_close_matches(str(given).upper()[:100], list(words), n=1)
    remedy = f"write {expected}".replace("'", '"')
    # One or two signs are near to anything.
    return f'did you mean "{words[near[0]]}"? {remedy}' if near and len(near[0]) > 2 else remedy


def _list_form(location: _Location) -> str:
    key = str(location[-1])
    if _model_of(Config, location) is None:
        return f'write a list: {key} = ["…"]'
    names = [str(part) for part in location if isinstance(part, str)]
    return f"write each of them under the header [[{'.'.join(names)}]], in double brackets"


def _unknown_key(location: _Location) -> Fault:
    section = _model_of(Config, location[:-1]) or Config
    known = [field.alias or name for name, field in section.model_fields.items()]
    key = str(location[-1])
    near = get_close_matches(key.lower().replace("-", "_")[:100], known, n=1)
    remedy = f"did you mean {near[0]}?" if near else f"known keys here: {', '.join(known)}"
    return Fault(place(location), "is not a known key", remedy)


def _example(location: _Location) -> str:
    field = _section(location[:-1]).model_fields[str(location[-1])]
    return f"{location[-1]} = {_toml((field.examples or ['…'])[0])}"


def _toml(value: object) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_toml(item)}" for key, item in value.items()) + " }"
    return shown(value)


def _section(location: _Location) -> type[BaseModel]:
    return _model_of(Config, location) or Config


def _model_of(section: type[BaseModel], location: _Location) -> type[BaseModel] | None:
    """The model of the table, or of the tables in the list, at a place; None where there is none.

    Only names lead downwards: all items of a list have one model.
    """
    for part in location:
        if isinstance(part, int):
            continue
        fields = {field.alias or name: field for name, field in section.model_fields.items()}
        if part not in fields:
            return None
        below = _model_inside(fields[part].annotation)
        if below is None:
            return None
        section = below
    return section


def _model_inside(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type):
        return annotation if issubclass(annotation, BaseModel) else None
    inside = (_model_inside(argument) for argument in get_args(annotation))
    return next((model for model in inside if model is not None), None)


def _mend(document: dict[str, Any], error: ErrorDetails) -> None:
    *above, last = error["loc"]
    container: Any = document
    for part in above:
        container = container[part]
    if isinstance(last, int):
        table = _model_of(Config, tuple(above)) is not None
        container[last] = {} if table else HOLE
        return
    section = _model_of(Config, tuple(above))
    field = section.model_fields.get(last) if section else None
    if field is not None and field.is_required():
        container[last] = _STAND_INS.get(last, HOLE)
    else:
        container.pop(last, None)
