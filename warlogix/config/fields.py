"""The kinds of values a configuration has, each with its check and its place in the schema.

Every model is frozen, takes no unknown key and converts nothing by itself: "5" is no number.
"""

import codecs
import re
from collections.abc import Callable
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, SecretStr, WithJsonSchema
from pydantic_core import PydanticCustomError

from warlogix.config.shown import shown
from warlogix.config.units import parse_duration, parse_size
from warlogix.errors import Malformed
from warlogix.tags import Deadband, Deviation


class Section(BaseModel):
    """A table of the configuration."""

    model_config = ConfigDict(
        strict=True,
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,
        validate_by_alias=True,
        validate_by_name=False,
    )


def checked(parse: Callable[[object], Any]) -> PlainValidator:
    """A validator out of a function that raises `Malformed`."""

    def validate(value: object) -> Any:
        try:
            return parse(value)
        except Malformed as exc:
            context = {"fact": exc.fact, "remedy": exc.remedy}
            raise PydanticCustomError("malformed", "{fact}", context) from exc

    return PlainValidator(validate)


def _positive_duration(value: object) -> float:
    seconds = parse_duration(value)
    if seconds <= 0:
        raise Malformed(f"{shown(value)} is no time at all", "write a longer duration")
    return seconds


def _buffer_size(value: object) -> int:
    size = parse_size(value)
    # The empty file and its log take a tenth of it; much less would drop the first change.
    if size < 1_000_000:
        raise Malformed(f"{shown(value)} has no room for a buffer", 'write "1MB" or more')
    return size


_PERCENT = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)\s?%")


def parse_deadband(value: object) -> Deadband:
    """An absolute deadband from a number, one in percent from a text like `2%`."""
    remedy = 'write a number that is not negative (0.5), or a percentage in quotes ("2%")'
    if isinstance(value, str) and (match := _PERCENT.fullmatch(value)):
        return Deadband(float(match[1]), Deviation.PERCENT)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise Malformed(f"{shown(value)} is not a deadband", remedy)
    # The comparison also refuses NaN, and whole numbers that no double can hold.
    if 0 <= value < 1e300:
        return Deadband(float(value))
    raise Malformed(f"{shown(value)} is not a deadband", remedy)


def parse_scalar(value: object) -> bool | int | float | str:
    """A value that a tag can be compared with: true, a number or a text."""
    if isinstance(value, (bool, str)):
        return value
    if isinstance(value, int) and -(2**63) <= value < 2**64:
        return value
    if isinstance(value, float) and abs(value) < float("inf"):
        return value
    raise Malformed(
        f"{shown(value)} is nothing that a tag can be compared with",
        "write true, false, a number or a text",
    )


def parse_option(value: object) -> str:
    """The text that an option of Kafka takes. The value never appears in a fault."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    if isinstance(value, int) and abs(value) < 2**64:
        return str(value)
    if isinstance(value, float) and abs(value) < float("inf"):
        return repr(value)
    raise Malformed(
        "has a value that is neither text, number, true nor false", "write it as a text in quotes"
    )


def parse_encoding(value: object) -> str:
    """The name of a text encoding that Python knows, and whose characters JSON can hold."""
    remedy = 'write an encoding like "latin-1", "cp1252", "utf-8" or "gbk"'
    if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z0-9._-]{1,40}", value):
        raise Malformed(f"{shown(value)} is not a text encoding", remedy)
    try:
        codec = codecs.lookup(value)
        "".encode(value)
    except (LookupError, UnicodeError) as exc:
        raise Malformed(f"{shown(value)} is not a text encoding", remedy) from exc
    # It decodes to halves of surrogate pairs, which no message can carry.
    if codec.name == "utf-7":
        raise Malformed(f"{shown(value)} is not an encoding of text in a PLC", remedy)
    return value


def _schema(pattern: str, example: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": pattern, "examples": [example]})


_UNITS = r"(?:[0-9.]+d)?(?:[0-9.]+h)?(?:[0-9.]+m)?(?:[0-9.]+s)?(?:[0-9.]+ms)?"
# A value may also come from the environment.
_DURATION = _schema(rf"^(?=.){_UNITS}$|\$\{{", "1m30s")
_SIZE = _schema(r"^[0-9.]+ ?(B|[kKMGT]B|[KMGT]iB)$|\$\{", "100MB")
_SCALARS = [{"type": "string"}, {"type": "number"}, {"type": "boolean"}]

Duration = Annotated[float, checked(parse_duration), _DURATION]
PositiveDuration = Annotated[float, checked(_positive_duration), _DURATION]
BufferSize = Annotated[int, checked(_buffer_size), _SIZE]
Text = Annotated[str, Field(min_length=1, max_length=400)]
FileName = Annotated[str, Field(min_length=1, max_length=4000)]
Secret = Annotated[SecretStr, Field(max_length=64_000)]
Byte = Annotated[int, Field(ge=0, le=255)]
Port = Annotated[int, Field(ge=1, le=65535)]
DeadbandField = Annotated[
    Deadband,
    checked(parse_deadband),
    WithJsonSchema({"anyOf": [{"type": "number", "minimum": 0}, {"type": "string"}]}),
]
Scalar = Annotated[
    bool | int | float | str, checked(parse_scalar), WithJsonSchema({"anyOf": _SCALARS})
]
OptionText = Annotated[str, checked(parse_option), WithJsonSchema({"anyOf": _SCALARS})]
Encoding = Annotated[str, checked(parse_encoding), WithJsonSchema({"type": "string"})]


def lasting(text: str, *, description: str) -> Any:
    """A duration with this default."""
    return Field(
        default=parse_duration(text),
        description=description,
        json_schema_extra={"default": text},
    )


def holding(text: str, *, description: str) -> Any:
    """A size with this default."""
    return Field(
        default=parse_size(text),
        description=description,
        json_schema_extra={"default": text},
    )


def some(item: str, *, description: str) -> Any:
    """A required value with an example of it."""
    return Field(description=description, examples=[item])
