"""What one ingress shard knows of each participant of its risk shard."""


class Entrance:
    """One participant's way in. Its gateway reads it in other threads: what changes is replaced whole."""

    __slots__ = ("commands_per_s_max", "forwarded", "keys", "participant_id", "refused")

    def __init__(self, participant_id: str) -> None:
        self.participant_id = participant_id
        self.commands_per_s_max = 0
        """that are forwarded"""
        self.keys: frozenset[bytes] = frozenset()
        """public keys whose frames are forwarded"""
        self.forwarded: tuple[int, bytes] = (0, b"")
        """ordinal and position of the last frame that was dealt with; (0, b"") before the first"""
        self.refused = 0
        """ordinal of the last frame that became a dead letter"""


class Ingress:
    """The state of one ingress shard."""

    def __init__(self, shard: int) -> None:
        self.shard = shard
        self.entrances: dict[str, Entrance] = {}
        """by participant"""
