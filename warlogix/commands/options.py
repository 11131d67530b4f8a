"""What the commands share: the global options, and the configuration they name."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from warlogix.config import ClusterConfig, Config


@dataclass(frozen=True, slots=True)
class Globals:
    """What was said before the command's name. `config` is None where it is to be searched."""

    config: Path | None = None


class Miscalled(typer.BadParameter):
    """A call that is wrong as a whole, though none of its values is."""

    def format_message(self) -> str:
        """What is said of it."""
        return self.message


def config_path(ctx: typer.Context) -> Path:
    """The configuration file that this call means. Raises `ConfigError` when there is none."""
    from warlogix import config

    return config.find(ctx.obj.config, os.environ, Path.cwd())


def load_config(ctx: typer.Context) -> "Config":
    """The configuration that this call means. Raises `ConfigError` with every fault of it."""
    from warlogix import config

    return config.load(config_path(ctx), os.environ)


def choose_clusters(config: "Config", name: str | None) -> "tuple[ClusterConfig, ...]":
    """The named cluster, also one that is off, or every enabled one; wrong usage without any."""
    if name is None:
        if not config.enabled_clusters:
            raise typer.BadParameter("the configuration has no enabled [[kafka]] cluster")
        return config.enabled_clusters
    for cluster in config.kafka:
        if cluster.name == name:
            return (cluster,)
    names = ", ".join(cluster.name for cluster in config.kafka) or "none"
    raise typer.BadParameter(
        f'there is no cluster "{name}"; the configuration has: {names}', param_hint="--cluster"
    )


ClusterName = Annotated[
    str | None,
    typer.Option(
        "--cluster",
        metavar="NAME",
        help="Only this Kafka cluster.",
        show_default="every enabled one",
    ),
]
PlcName = Annotated[str, typer.Argument(metavar="PLC", help="The PLC's name.")]
JsonLines = Annotated[bool, typer.Option("--json", help="One JSON object a line, for programs.")]
