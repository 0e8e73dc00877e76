"""The gateway of one risk shard, with its machine: a lane for each participant who has a topic of its own."""

from typing import TYPE_CHECKING, Any

from tests.model.moving_slots.machine import Machine
from tests.model.moving_slots.said import Forwarded, LaneGiven, LaneTaken, LeaveLane, Wrong

if TYPE_CHECKING:
    from tests.model.moving_slots.world import World


class Gateway(Machine):
    """`entrances` is the machine's, in the log: by participant, how many frames of its topic are dealt with.
    `lanes` is the running gateway's, which is lost with it.
    """

    def __init__(self, world: "World", name: str) -> None:
        super().__init__(world, name)
        self.risk = name.replace("gateway/", "risk/")
        self.entrances: dict[int, int] = {}
        self.lanes: dict[int, int] = {}

    def hear(self, source: str, message: Any) -> None:
        match message:
            case LeaveLane(move, participant):
                ordinal = self.entrances.pop(participant)
                self.lanes.pop(participant, None)
                self.say(f"gateway/{move.new}", LaneGiven(move, participant, ordinal))
            case LaneGiven(move, participant, ordinal):
                if participant in self.entrances:
                    raise Wrong(f"{self.name} has the lane of {participant} already")
                self.entrances[participant] = ordinal
                self.say("control", LaneTaken(move, participant))
            case Forwarded(participant, ordinal):
                # What has left is somebody else's: that one begins where it was when it left.
                if participant in self.entrances:
                    self.entrances[participant] = max(self.entrances[participant], ordinal)

    def forward(self, participant: int) -> bool:
        """The next frame of a topic; False: there is none."""
        topic = self.world.topics[participant]
        ordinal = self.lanes.setdefault(participant, self.entrances[participant])
        if ordinal == len(topic):
            return False
        signed_for, command = topic[ordinal]
        self.lanes[participant] = ordinal + 1
        if signed_for == self.risk:
            self.say(self.risk, command)  # else it was not taken there, or it was: MovedHere says which
        return True

    def tell(self) -> None:
        """How far the lanes are, once all of it has landed."""
        if not self.world.waiting[self.name, self.risk] or self.mutant == "told before it has landed":
            for participant, ordinal in self.lanes.items():
                self.say(self.name, Forwarded(participant, ordinal))

    def restart(self) -> None:
        """What has not landed is lost, or lands all the same."""
        self.lanes.clear()
        if self.world.chance.random() < 0.5:
            self.world.waiting[self.name, self.risk].clear()
