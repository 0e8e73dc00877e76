"""Which keys and sessions a risk shard has: read off its partition, for who judges what it took."""

from collections import defaultdict
from typing import Any

import msgspec

from bulkhead.domain.keys import EVERYTHING
from bulkhead.domain.messages.control import RegisterKey, RevokeKey
from bulkhead.domain.messages.moving import ExpectSlots, LeaveSlots, SlotsGiven, SlotsState, SlotsSwitched
from bulkhead.domain.messages.settlement_shards import SettlementRetired
from bulkhead.topology.derived import slot_of
from bulkhead.wire.codec import decode
from bulkhead.wire.frame import Frame

_unpack = msgspec.msgpack.Decoder().decode


class MovedSessions:
    """`registered`: permissions by key; `newest`: epoch and last sequence; `crcs`: of those taken. They are
    changed as the shard's own knowledge is.
    """

    def __init__(
        self,
        owners: Any,
        registered: dict[bytes, int],
        newest: dict[bytes, tuple[int, int]],
        crcs: dict[bytes, int],
    ) -> None:
        self._owners = owners
        self._registered = registered
        self._newest = newest
        self._crcs = crcs
        self._last: dict[str, int] = defaultdict(int)
        self._leaving: LeaveSlots | None = None
        self._awaited = 0
        self._ended: set[int] = set()
        """settlement shards, which are asked nothing any more"""
        self._sections: dict[str, list[Any]] = defaultdict(list)
        self._kept: list[RegisterKey | RevokeKey] | None = None
        """what control says of strangers while slots come that may be theirs"""

    def hear(self, frame: Frame) -> None:
        """A frame of a shard."""
        last = self._last[frame.source]
        for event in frame.events[max(last + 1 - frame.first, 0) :]:
            self._hear(decode(event))
        self._last[frame.source] = max(last, frame.first + len(frame.events) - 1)

    def _hear(self, message: Any) -> None:
        match message:
            case RegisterKey() | RevokeKey() if self._kept is not None and self._is_strange(message):
                self._kept.append(message)
            case RegisterKey(public_key=key, permissions=permissions):
                self._registered[key] = permissions
            case RevokeKey(public_key=key):
                self._registered.pop(key, None)
                self._newest.pop(key, None)
            case ExpectSlots():
                self._kept = []
            case LeaveSlots():
                self._leaving = message
                self._awaited = message.book_shards + message.settlement_shards - len(self._ended)
            case SettlementRetired(settlement_shard=shard):
                self._ended.add(shard)
            case SlotsSwitched():
                self._awaited -= 1
                if self._awaited == 0:
                    self._forget()
            case SlotsState(section=section, rows=rows):
                self._sections[section] += _unpack(rows)
            case SlotsGiven():
                for key, (_, epoch, last, crc, _) in self._sections.pop("sessions", []):
                    self._registered[key], self._crcs[key] = int(EVERYTHING), crc
                    if epoch:
                        self._newest[key] = epoch, last
                for key, permissions in self._sections.pop("restricted", []):
                    self._registered[key] = permissions
                self._sections.clear()
                kept, self._kept = self._kept or [], None
                for each in kept:
                    self._hear(each)

    def _is_strange(self, message: RegisterKey | RevokeKey) -> bool:
        if isinstance(message, RevokeKey):
            return message.public_key not in self._registered
        return message.participant_id not in map(self._owners.get, self._registered)

    def _forget(self) -> None:
        leaving = self._leaving
        assert leaving is not None
        for key in list(self._registered):
            if leaving.first_slot <= slot_of(self._owners[key]) <= leaving.last_slot:
                del self._registered[key]
                self._newest.pop(key, None)
                self._crcs.pop(key, None)
