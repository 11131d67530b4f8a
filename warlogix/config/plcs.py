"""The PLCs of a configuration and their tags."""

import sys
from typing import Annotated, Literal

from pydantic import Field

from warlogix.addresses.fins import FinsAddress, parse_fins
from warlogix.addresses.s7 import S7Address, parse_s7
from warlogix.config.fields import (
    Byte,
    DeadbandField,
    Encoding,
    Port,
    PositiveDuration,
    Section,
    Text,
    lasting,
    some,
)
from warlogix.config.hosts import parse_host
from warlogix.datatypes import DataType, parse_data_type
from warlogix.errors import Malformed
from warlogix.tags import Endpoint, Tag

Family = Literal["logix", "micro800", "s7", "beckhoff", "omron"]


class TagConfig(Section):
    """One tag of a PLC."""

    name: Text = some(
        "DB1.DBD100",
        description="The tag's name in the PLC; of S7 and FINS, where"
        " nothing has a name, its address.",
    )
    alias: Text | None = Field(
        default=None,
        description="The name that messages and keys carry instead.",
        examples=["Count"],
    )
    enabled: bool = Field(default=True, description="`false`: neither read nor written.")
    data_type: Text | None = Field(
        default=None,
        description="An IEC type: `DINT`, `REAL`, `STRING[20]`, `INT[10]`, `INT[2,3]`. S7 and FINS"
        " need it where the address does not say enough; other families know their types.",
        examples=["DINT"],
    )
    writable: bool = Field(default=False, description="Whether write requests for it are executed.")
    deadband: DeadbandField | None = Field(
        default=None,
        description="How far a number must move from the last published one to be a change:"
        ' absolute (`0.5`), or in percent of it (`"2%"`). In arrays, by element.',
        examples=[0.5, "2%"],
    )
    max_interval: PositiveDuration | None = Field(
        default=None, description="Publish again after this long without a change.", examples=["1m"]
    )
    ignore_changes: Annotated[tuple[Text, ...], Field(strict=False)] = Field(
        default=(),
        description="Members of a structure that alone are no change; they are still published.",
        examples=[["Timestamp"]],
    )
    verify_writes: bool = Field(
        default=False, description="Read each written value back; a difference is an error."
    )
    coalesce_writes: bool = Field(
        default=True,
        description="`false`: every write request is executed, also when a newer one is there.",
    )


class PlcConfig(Section):
    """One PLC: where it is, how it is asked, and its tags."""

    name: Text = some("MainPLC", description="Unique; letters, digits, `_` and `-`, at most 64.")
    enabled: bool = Field(
        default=True, description="`false`: not connected, and no health is published."
    )
    family: Family = Field(description="What kind of PLC it is.", examples=["s7"])
    address: Text = some("192.168.1.102", description="Host, or `host:port`.")
    slot: Byte = Field(default=0, description="Slot of the CPU (logix, s7).")
    rack: Byte = Field(default=0, description="Rack of the CPU (s7).")
    poll_rate: PositiveDuration | None = Field(
        default=None,
        description="How often its tags are read. Default: the top `poll_rate`.",
        examples=["500ms"],
    )
    timeout: PositiveDuration = lasting("3s", description="The longest wait for one answer.")
    health_check_enabled: bool = Field(default=True, description="Whether its health is published.")
    string_encoding: Encoding = Field(
        default="latin-1", description="Encoding of single-byte text in the PLC."
    )
    ams_net_id: Text | None = Field(
        default=None,
        description="AMS Net ID (beckhoff). Default: the address and `.1.1`.",
        examples=["192.168.1.50.1.1"],
    )
    ams_port: Port = Field(default=851, description="AMS port (beckhoff).")
    protocol: Literal["fins", "eip"] = Field(default="fins", description="Protocol (omron).")
    fins_port: Port = Field(default=9600, description="Port of FINS (omron).")
    fins_network: Byte = Field(default=0, description="FINS network (omron).")
    fins_node: Byte = Field(default=0, description="FINS node (omron).")
    fins_unit: Byte = Field(default=0, description="FINS unit (omron).")
    word_order: Literal["low-first", "high-first"] = Field(
        default="low-first", description="Order of words in 32- and 64-bit values (omron, FINS)."
    )
    tags: Annotated[tuple[TagConfig, ...], Field(strict=False)] = Field(
        default=(), description="The tags to read."
    )

    @property
    def addresses_memory(self) -> bool:
        """Whether its tags are named by their address."""
        return self.family == "s7" or (self.family == "omron" and self.protocol == "fins")

    @property
    def endpoint(self) -> Endpoint:
        """Where it is and how to speak to it. Raises `Malformed` for an unreadable address."""
        host, port = parse_host(self.address)
        return Endpoint(
            plc=self.name,
            family=self.family,
            host=host,
            port=port,
            rack=self.rack,
            slot=self.slot,
            timeout=self.timeout,
            string_encoding=self.string_encoding,
            ams_net_id=(self.ams_net_id or f"{host}.1.1") if self.family == "beckhoff" else "",
            ams_port=self.ams_port,
            protocol=self.protocol if self.family == "omron" else "",
            fins_port=self.fins_port,
            fins_network=self.fins_network,
            fins_node=self.fins_node,
            fins_unit=self.fins_unit,
            low_word_first=self.word_order == "low-first",
        )

    def key(self, name: str) -> str:
        """The form in which two names of one tag are equal, as the family takes them."""
        if self.family == "omron" and self.protocol == "eip":
            return name
        return name.strip().casefold()

    def meaning(self, tag: TagConfig) -> S7Address | FinsAddress | DataType | None:
        """What a tag's name and `data_type` say together; None where only the PLC knows.

        Of families with named tags that is the type alone. Raises `Malformed`.
        """
        if self.family == "s7":
            return parse_s7(tag.name, tag.data_type or "")
        if self.addresses_memory:
            return parse_fins(tag.name, tag.data_type or "")
        return parse_data_type(tag.data_type) if tag.data_type else None

    def kind(self, tag: TagConfig) -> DataType | None:
        """The type of a tag's values; None where only the PLC knows."""
        try:
            meaning = self.meaning(tag)
        except Malformed:
            return None
        return meaning.type if isinstance(meaning, (S7Address, FinsAddress)) else meaning

    def runtime_tags(self) -> tuple[Tag, ...]:
        """The enabled tags as plain data that holds nothing of the configuration."""
        return tuple(self._runtime_tag(tag) for tag in self.tags if tag.enabled)

    def _runtime_tag(self, tag: TagConfig) -> Tag:
        name = tag.name.strip().upper() if self.addresses_memory else tag.name
        kind = self.kind(tag)
        return Tag(
            name=name,
            alias=tag.alias or "",
            address=name if self.family == "s7" else "",
            # Tags by the thousand share their few types.
            data_type=sys.intern(tag.data_type or ""),
            # What is no type of ours is, of families with named tags, a structure in the PLC.
            type=sys.intern(str(kind) if kind else tag.data_type or ""),
            kind=kind,
            writable=tag.writable,
            deadband=tag.deadband,
            max_interval=tag.max_interval,
            ignore_changes=frozenset(tag.ignore_changes),
            verify_writes=tag.verify_writes,
            coalesce_writes=tag.coalesce_writes,
        )
