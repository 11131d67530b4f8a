"""The objects of Logix and Micro800 controllers: tags, their list, templates, change counters."""

from warlogix.simulators.cip.logix_lists import change_counters, list_instances, program_name
from warlogix.simulators.cip.messages import Answer, Message, Refusal, Service, Status
from warlogix.simulators.cip.models import Flavour
from warlogix.simulators.cip.station import Station
from warlogix.simulators.cip.tags import TagServices
from warlogix.simulators.cip.templates import describe_template, read_template

_PROGRAM_NAME = 0x64
_SYMBOL = 0x6B
_TEMPLATE = 0x6C


class LogixObjects:
    """Answers what is asked of a controller's own objects."""

    def __init__(self, station: Station) -> None:
        self._station = station
        self._tags = TagServices(station)

    def serve(self, message: Message, room: int) -> Answer:
        """Carry a request out; `room` is the most bytes of its answer. Raises `Refusal`."""
        match message.path.class_, message.service:
            case 0x6B, Service.LIST_INSTANCES:
                return list_instances(self._station, message, room)
            case ((None | 0x6B), _):
                return self._tags.serve(message, room)
            case 0x6C, Service.GET_LIST:
                return describe_template(self._station, message)
            case 0x6C, Service.READ:
                return read_template(self._station, message, room)
            case 0xAC, Service.GET_LIST if self._station.tells_changes:
                return change_counters(self._station, message)
            case 0x64, Service.GET_ALL if self._station.model.flavour is Flavour.LOGIX:
                return program_name(self._station)
        known = message.path.class_ in (_PROGRAM_NAME, _SYMBOL, _TEMPLATE)
        raise Refusal(Status.SERVICE_NOT_SUPPORTED if known else Status.PATH_UNKNOWN)
