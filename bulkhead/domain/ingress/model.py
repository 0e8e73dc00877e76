"""What one ingress shard knows of each participant of its risk shard."""


class Entrance:
    """One participant's way in. Its gateway reads it in other threads: what changes is replaced whole."""

    __slots__ = (
        "commands_per_s_max",
        "forwarded",
        "gone",
        "has_moved",
        "keys",
        "participant_id",
        "refused",
    )

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
        self.has_moved = False
        """it came from another shard: in its topic may be frames that are signed for that one"""
        self.gone = False
        """to another shard: the gateway, which may hold it still, takes nothing more; of no snapshot"""


class Lane:
    """What control has said of a participant whose lane is expected."""

    __slots__ = ("commands_per_s_max", "keys", "revoked")

    def __init__(self) -> None:
        self.commands_per_s_max = 0
        """0: as it was"""
        self.keys: set[bytes] = set()
        """registered here"""
        self.revoked: set[bytes] = set()


class Ingress:
    """The state of one ingress shard."""

    def __init__(self, shard: int) -> None:
        self.shard = shard
        self.entrances: dict[str, Entrance] = {}
        """by participant"""
        self.expected: dict[str, Lane] = {}
        """by participant"""
        self.left: set[str] = set()
        """participants whose lanes have gone: what its gateways still tell of them does not count"""
