"""The JSON Schema of the configuration, made from the model."""

from typing import Any

from warlogix.config.model import Config


def configuration_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of a configuration file, for editors and for the documentation.

    It knows keys, types, ranges and defaults; what is wrong between keys, `warlogix check` tells.
    """
    schema = _without_null(Config.model_json_schema(by_alias=True))
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "warlogix configuration",
        **{key: value for key, value in schema.items() if key != "title"},
    }


def _without_null(value: Any) -> Any:
    """The same schema for TOML, which has no null: what may be left out has no default."""
    if isinstance(value, list):
        return [_without_null(item) for item in value]
    if not isinstance(value, dict):
        return value
    cleaned = {key: _without_null(item) for key, item in value.items()}
    choices = cleaned.get("anyOf")
    if isinstance(choices, list) and {"type": "null"} in choices:
        choices.remove({"type": "null"})
        if len(choices) == 1:
            del cleaned["anyOf"]
            cleaned = choices[0] | cleaned
    if "default" in cleaned and cleaned["default"] is None:
        del cleaned["default"]
    return cleaned
