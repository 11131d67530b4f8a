"""The JSON Schema of the configuration, made from the model."""

from typing import Any

from warlogix.config.model import Config


def configuration_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of a configuration file, for editors and for the documentation.

    It knows keys, types, ranges and defaults; what is wrong between keys, `warlogix check` tells.
    """
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "warlogix configuration",
        **_for_toml(Config.model_json_schema(by_alias=True)),
    }


def _for_toml(value: Any) -> Any:
    """The same schema without titles, and without null, which TOML does not have."""
    if isinstance(value, list):
        return [_for_toml(item) for item in value]
    if not isinstance(value, dict):
        return value
    cleaned = {
        key: _for_toml(item)
        for key, item in value.items()
        if not (key == "title" and isinstance(item, str))
    }
    choices = cleaned.get("anyOf")
    if isinstance(choices, list) and {"type": "null"} in choices:
        choices.remove({"type": "null"})
        if len(choices) == 1:
            del cleaned["anyOf"]
            cleaned = choices[0] | cleaned
    # A table that is left out is one whose keys are left out: their own defaults say it.
    if cleaned.get("default", "") is None or "$ref" in cleaned:
        cleaned.pop("default", None)
    return cleaned
