"""A gateway beside an ingress shard's process: as runtime/ingress/threads.py runs it, in virtual time.

What is a thread there, each lane and the one that tells, is here something that happens now and then. It
stops when its process does, and dies between any two of its steps.
"""

import random
import traceback
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from math import ceil
from typing import Any, Protocol

from bulkhead.errors import FatalError, TemporaryError
from bulkhead.runtime.identity import Identity
from bulkhead.runtime.ingress.gateway import Gateway, behind
from bulkhead.runtime.ingress.lane import Lane
from bulkhead.runtime.ingress.pace import BURST_S, FRAME_COMMANDS_MIN
from bulkhead.runtime.shard import Shard
from bulkhead.simulation.broken import Broken, must
from bulkhead.simulation.network import Connection, Network
from bulkhead.simulation.schedule import MS, S
from bulkhead.wire.frame import Unreadable, read_frame

TELL_EVERY_US = 100 * MS
RETRY_US = (10 * MS, 1_000 * MS)
GATEWAY_STEPS = ("receive", "take", "collect", "push", "acknowledge")


class Host(Protocol):
    """The process that a gateway runs in."""

    party: str
    slow: int

    @property
    def awake(self) -> bool:
        """Whether anything in it happens now."""
        ...

    def kill(self) -> None: ...

    def halt(self, why: str) -> None: ...


class Beside:
    """The gateway of one life of an ingress shard's process, from when its machine has read all there is."""

    def __init__(self, host: Host, shard: Shard, network: Network, identity: Identity) -> None:
        machine: Any = shard.machine
        self._ingress = machine.domain.ingress
        self._host = host
        self._shard = shard
        self._network = network
        self._schedule = network.schedule
        self._identity = identity
        self._chance: random.Random = network.chance
        self.connection = Connection(network, host.party, self.wake)
        self.gateway: Gateway | None = None
        self.lost: dict[str, str] = {}
        """why nothing more is forwarded, by partition"""
        self._rests_until_us: dict[str, int] = defaultdict(int)
        """by partition"""
        self._woken = False
        self._tells = False
        self._closed = False
        self._dies_after: int | None = None

    def after_step(self) -> None:
        """Of the shard's loop."""
        if self.gateway is None:
            if behind(self._shard):
                return
            self.gateway = Gateway(
                self.connection,
                self._identity,
                self._ingress,
                lambda: self._schedule.now_us,
                lambda: self._schedule.now_us / S,
            )
        for lane in self.gateway.take_out_gone():
            lane.close()
            self.lost.pop(lane.partition, None)
        for participant_id, entrance in self._ingress.entrances.items():
            if participant_id not in self.gateway.lanes:
                self.gateway.open_lane(entrance)
                self.wake()

    def wake(self) -> None:
        """There may be something to do."""
        if not self._woken and not self._closed and self.gateway is not None:
            self._woken = True
            self._schedule.after(self._network.turn_us() * self._host.slow, self._turn)

    def die(self, after_step: int) -> None:
        """Take the process with it, after so many steps of the next round that has something to do."""
        self._dies_after = after_step

    def _running(self) -> Gateway | None:
        return None if self._closed or not self._host.awake else self.gateway

    def _turn(self) -> None:
        self._woken = False
        gateway = self._running()
        if gateway is None:
            return
        if self._dies_after is not None:
            with suppress(TemporaryError, FatalError):
                last_steps(gateway, self._dies_after)
            self._host.kill()
            return
        for lane in list(gateway.lanes.values()):
            self._step(lane)
        self._tell_soon()

    def _step(self, lane: Lane) -> None:
        if lane.partition in self.lost or self._schedule.now_us < self._rests_until_us[lane.partition]:
            return
        before = lane.ordinal
        try:
            wait_us = ceil(lane.step(0.0) * S)
        except TemporaryError:
            wait_us = self._chance.randint(*RETRY_US)
        except Broken:
            raise
        except Exception:  # noqa: BLE001  # this participant's: the others' lanes go on
            self.lost[lane.partition] = traceback.format_exc()
            return
        if wait_us:
            self._rests_until_us[lane.partition] = self._schedule.now_us + wait_us
            self._schedule.after(wait_us, self.wake)
        elif lane.ordinal != before:
            self.wake()  # there may be more

    def _tell_soon(self) -> None:
        if not self._tells:
            self._tells = True
            self._schedule.after(TELL_EVERY_US * self._host.slow, self._tell)

    def _tell(self) -> None:
        self._tells = False
        gateway = self._running()
        if gateway is None:
            return
        try:
            gateway.tell()
        except Broken:
            raise
        except Exception:  # noqa: BLE001  # nothing more can be forwarded, or told
            self._host.halt(traceback.format_exc())
            return
        if gateway.problems():
            self._schedule.after(self._chance.randint(*RETRY_US), self._tell_soon)

    def settled(self) -> bool:
        """Whether it has begun, and the log has all that it said."""
        return self.gateway is not None and not self.gateway.pending()

    def close(self) -> None:
        self._closed = True
        self.connection.close()


def last_steps(gateway: Gateway, count: int) -> None:
    """The first `count` steps of a round, one by one."""
    if count >= 1:
        for lane in gateway.lanes.values():
            lane.receive(0.0)
    if count >= 2:
        for lane in gateway.lanes.values():
            lane.take()
    if count >= 3:
        gateway.collect()
    if count >= 4:
        gateway.push()
    if count >= 5:
        gateway.acknowledge()


class Paces:
    """Looks at every frame when a gateway forwards it: no run of one is faster than a participant may be.

    `rates`: commands a second, by public key. Its sums are of the whole run, in whole numbers, and not of the
    gateway's kind.
    """

    def __init__(self, rates: dict[bytes, int], now_us: Callable[[], int]) -> None:
        self._rates = rates
        self._now_us = now_us
        self._sums: dict[tuple[str, bytes], int] = defaultdict(int)
        """commands so far, by run and key"""
        self._least: dict[tuple[str, bytes], int] = {}
        """of all moments, what had been forwarded less what might have been; in millionths of a command"""

    def look(self, producer: str, partition: str, frame: bytes) -> None:
        if not producer.startswith("gateway/ingress.") or not partition.startswith("orders/"):
            return
        try:
            found = read_frame(frame)
        except Unreadable:
            return  # it should not be forwarded at all, which is found at rest
        if found.signer is None or found.signer[0] not in self._rates:
            return  # nor this one
        which, rate = (producer, found.signer[0]), self._rates[found.signer[0]]
        ahead = self._sums[which] * S - rate * self._now_us()
        least = self._least[which] = min(self._least.get(which, ahead), ahead)
        burst = rate * round(BURST_S * S + 1)  # and a microsecond, for what is rounded
        must(ahead <= least + burst, f"{producer} forwards more of one participant than {rate} commands/s")
        self._sums[which] += max(len(found.events), FRAME_COMMANDS_MIN)
