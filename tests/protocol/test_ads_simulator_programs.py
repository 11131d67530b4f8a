"""Handles, downloads, online changes and runtimes of the simulated TwinCAT host, by pyads."""

from collections.abc import AsyncIterator

import pyads
import pytest
import trio

from tests.protocol.ads_peers import Peer, new_net_id, pyads_peer
from warlogix.simulators.ads import AdsSimulator, Project, Symbol, open_ads_simulator
from warlogix.simulators.ads.system import APP_INFO

PROJECT = Project((Symbol("MAIN.Int", "INT", -32768), Symbol("MAIN.DInt", "DINT", 5)))


@pytest.fixture
async def plc() -> AsyncIterator[AdsSimulator]:
    """A running TwinCAT host."""
    with trio.fail_after(30):
        async with open_ads_simulator(PROJECT, net_id=new_net_id()) as simulator:
            yield simulator
            assert simulator.journal.offences == []


@pytest.fixture
async def peer(plc: AdsSimulator) -> AsyncIterator[Peer]:
    """A pyads client that is connected to it."""
    async with pyads_peer(plc.port, plc.net_id) as connected:
        yield connected


async def test_a_handle_lives_until_it_is_released(plc: AdsSimulator, peer: Peer) -> None:
    """A handle stands for its symbol; released, it stands for nothing."""
    handle = await peer.call(peer.client.get_handle, "MAIN.Int")
    read = (peer.client.read_by_name, "", pyads.PLCTYPE_INT)
    assert await peer.call(*read, handle=handle) == -32768
    assert list(plc.runtime().handles) == [handle]
    await peer.call(peer.client.release_handle, handle)
    assert plc.runtime().handles == {}
    assert await peer.refused(peer.client.read, 0xF005, handle, pyads.PLCTYPE_INT) == 1808
    assert await peer.refused(peer.client.release_handle, handle) == 1808


async def test_a_download_makes_handles_invalid(plc: AdsSimulator, peer: Peer) -> None:
    """After a download the symbol version has moved and old handles say 1809; new ones work."""
    before = await peer.call(peer.client.read, 0xF008, 0, pyads.PLCTYPE_USINT)
    handle = await peer.call(peer.client.get_handle, "MAIN.Int")
    place = (await peer.call(peer.client.get_symbol, "MAIN.Int")).index_offset
    plc.download(Project((Symbol("MAIN.Added", "INT", 5), *PROJECT.symbols)))
    version = await peer.call(peer.client.read, 0xF008, 0, pyads.PLCTYPE_USINT)
    assert version == before + 1
    assert await peer.refused(peer.client.read, 0xF005, handle, pyads.PLCTYPE_INT) == 1809
    await peer.call(peer.client.release_handle, handle)
    assert await peer.call(peer.client.read_by_name, "MAIN.Int", pyads.PLCTYPE_INT) == -32768
    assert (await peer.call(peer.client.get_symbol, "MAIN.Int")).index_offset != place


async def test_an_online_change_keeps_values_and_version(plc: AdsSimulator, peer: Peer) -> None:
    """Variables move with their values; handles follow unless their type is another one.

    The symbol version stays, and the count of online changes says what happened.
    """
    changes = (peer.client.read_by_name, f"{APP_INFO}.OnlineChangeCnt", pyads.PLCTYPE_UDINT)
    handles = [await peer.call(peer.client.get_handle, name) for name in ("MAIN.Int", "MAIN.DInt")]
    version = await peer.call(peer.client.read, 0xF008, 0, pyads.PLCTYPE_USINT)
    plc.put("MAIN.Int", 77)
    assert await peer.call(*changes) == 0
    plc.online_change(Project((Symbol("MAIN.DInt", "REAL", 1.5), Symbol("MAIN.Int", "INT"))))
    assert await peer.call(peer.client.read, 0xF005, handles[0], pyads.PLCTYPE_INT) == 77
    assert await peer.refused(peer.client.read, 0xF005, handles[1], pyads.PLCTYPE_DINT) == 1809
    assert await peer.call(peer.client.read, 0xF008, 0, pyads.PLCTYPE_USINT) == version
    assert await peer.call(*changes) == 1
    plc.download(PROJECT)
    assert await peer.call(*changes) == 0


async def test_state_and_device_are_told(plc: AdsSimulator, peer: Peer) -> None:
    """The runtime says that it runs, and what it is; a client can stop it."""
    name, version = await peer.call(peer.client.read_device_info)
    assert (name, version.version, version.revision, version.build) == ("Plc30 App", 3, 1, 4024)
    assert await peer.call(peer.client.read_state) == (5, 0)
    assert await peer.call(peer.client.read, 0xF100, 0, pyads.PLCTYPE_UINT) == 5
    await peer.call(peer.client.write_control, 6, 0, 0, pyads.PLCTYPE_BYTE)
    assert await peer.call(peer.client.read_state) == (6, 0)
    assert plc.runtime().state == 6


async def test_runtimes_of_one_host_have_programs_of_their_own() -> None:
    """Two AMS ports hold two programs; a third is not there, and neither is an unloaded one."""
    projects = {851: Project((Symbol("A", "INT", 1),)), 852: Project((Symbol("A", "DINT", 2),))}
    with trio.fail_after(30):
        async with open_ads_simulator(projects, net_id=new_net_id()) as plc:
            for ams_port, type_, value in (
                (851, pyads.PLCTYPE_INT, 1),
                (852, pyads.PLCTYPE_DINT, 2),
            ):
                async with pyads_peer(plc.port, plc.net_id, ams_port) as peer:
                    assert await peer.call(peer.client.read_by_name, "A", type_) == value
            plc.put("A", 5, 852)
            assert (plc.get("A"), plc.get("A", 852)) == (1, 5)
            plc.host.unload(852)
            for ams_port in (852, 853):
                async with pyads_peer(plc.port, plc.net_id, ams_port) as peer:
                    assert await peer.refused(peer.client.read_state) == 6
