"""Sessions: the receiving end of the streams that one key signs, one epoch after another."""

from bulkhead.domain.machine import State


class Session:
    """Of one registered key. `owner` is what the key speaks for: a participant or an operator."""

    __slots__ = ("crc", "episode", "epoch", "last", "owner", "public_key")

    def __init__(self, public_key: bytes, owner: str) -> None:
        self.public_key = public_key
        self.owner = owner
        self.epoch = 0
        """0: none opened yet"""
        self.last = 0
        self.crc = 0
        self.episode: tuple[str, int] | None = None
        """what was told last about a stream that does not go on: so it is told once, not with every frame"""

    def open(self, epoch: int) -> None:
        """Begin the stream of a higher epoch; every lower one is fenced."""
        self.epoch, self.last, self.crc, self.episode = epoch, 0, 0, None

    def begin_episode(self, what: str, number: int) -> bool:
        """Whether this has not been told yet."""
        if self.episode == (what, number):
            return False
        self.episode = (what, number)
        return True

    def end_episode(self) -> None:
        self.episode = None

    def state(self) -> State:
        return [self.owner, self.epoch, self.last, self.crc, list(self.episode) if self.episode else None]

    @classmethod
    def restored(cls, public_key: bytes, state: State) -> "Session":
        session = cls(public_key, state[0])
        session.epoch, session.last, session.crc = state[1:4]
        session.episode = (state[4][0], state[4][1]) if state[4] else None
        return session
