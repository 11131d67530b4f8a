"""The configuration: a TOML file on one side, frozen models without a fault on the other.

path = find(None, os.environ, Path.cwd())
config = load(path, os.environ)             # raises ConfigError with every fault of the file
for note in notes(config) + exposed(path, config): ...
places_of(path).about("plcs[0].name")       # what people call it, and its line
"""

from warlogix.config.exposed import exposed
from warlogix.config.files import find
from warlogix.config.kafka import ClusterConfig
from warlogix.config.load import load
from warlogix.config.located import places_of
from warlogix.config.model import Config, UsedTopic, topics_in_use
from warlogix.config.notes import notes
from warlogix.config.plcs import PlcConfig, TagConfig
from warlogix.config.schema import configuration_schema

__all__ = [
    "ClusterConfig",
    "Config",
    "PlcConfig",
    "TagConfig",
    "UsedTopic",
    "configuration_schema",
    "exposed",
    "find",
    "load",
    "notes",
    "places_of",
    "topics_in_use",
]
