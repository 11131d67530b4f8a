"""The triggers and the packs of a configuration."""

from typing import Annotated, Literal

from pydantic import Field

from warlogix.config.fields import Duration, PositiveDuration, Scalar, Section, Text, lasting, some
from warlogix.topics import PACK_PREFIX

Operator = Literal["==", "!=", ">", "<", ">=", "<="]


class ConditionConfig(Section):
    """What the trigger tag must be."""

    operator: Operator = Field(description="How the tag is compared.", examples=["=="])
    value: Scalar = Field(description="What it is compared with.", examples=[True])


class TriggerConfig(Section):
    """An event: when a condition becomes true, tags are read together and published."""

    name: Text = some(
        "ProductComplete", description="Unique; letters, digits, `_` and `-`, at most 64."
    )
    enabled: bool = Field(default=True, description="`false`: does nothing.")
    plc: Text = some("MainPLC", description="The PLC that it watches.")
    trigger_tag: Text = some("DB1.DBX0.0", description="The tag that it watches: name or alias.")
    condition: ConditionConfig = Field(
        description="Fires when this becomes true.", examples=[{"operator": "==", "value": True}]
    )
    tags: Annotated[tuple[Text, ...], Field(strict=False)] = Field(
        default=(),
        description=f"What the event carries: names, aliases, or `{PACK_PREFIX}Name`.",
        examples=[["ProductCount", f"{PACK_PREFIX}Line1"]],
    )
    ack_tag: Text | None = Field(
        default=None,
        description="Gets 1 when every chosen cluster has the event, else -1 (BOOL: true, or"
        " nothing).",
    )
    ack_timeout: PositiveDuration = lasting("30s", description="After this long the ack is -1.")
    debounce: Duration = lasting("100ms", description="The shortest time between two events.")
    poll_rate: PositiveDuration | None = Field(
        default=None, description="How often the trigger tag is read. Default: as the PLC."
    )
    kafka_cluster: Text = Field(
        default="all", description="`all`, `none`, or the name of a cluster."
    )
    topic: Text | None = Field(
        default=None, description="A topic of its own. Default: the cluster's `-triggers` topic."
    )
    metadata: dict[str, str] = Field(
        default={}, description="Texts that every event carries.", examples=[{"line": "Line1"}]
    )


class MemberConfig(Section):
    """One tag of a pack."""

    plc: Text = some("MainPLC", description="The PLC.")
    tag: Text = some("ProductCount", description="The tag: name or alias.")
    ignore_changes: bool = Field(
        default=False, description="`true`: a change of this tag alone publishes nothing."
    )


class PackConfig(Section):
    """Tags that are published together."""

    name: Text = some("Line1", description="Unique; letters, digits, `_` and `-`, at most 64.")
    enabled: bool = Field(
        default=True, description="`false`: not published, and no trigger names it."
    )
    members: Annotated[tuple[MemberConfig, ...], Field(strict=False)] = Field(
        min_length=1,
        description="The tags.",
        examples=[[{"plc": "MainPLC", "tag": "ProductCount"}]],
    )
    kafka_cluster: Text = Field(
        default="all", description="`all`, `none`, or the name of a cluster."
    )
