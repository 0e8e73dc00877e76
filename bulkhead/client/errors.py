"""What goes wrong for a participant's program outside its orders. A refused command is a report, none of
these."""


class ClientError(Exception):
    """The text names what was looked for, where, and what to do."""


class NoExchange(ClientError):
    """There is no connection file, no log, or nobody behind it that answers."""


class WindowFull(ClientError):
    """So many commands are unanswered that place and replace would have to wait. Nothing was sent."""


class SessionLost(ClientError):
    """The exchange takes nothing more from this session: a newer one was opened, or its stream is broken.

    Connect again: the new session tells which commands were taken and which orders are open.
    """


class ReportsBroken(ClientError):
    """The stream of reports misses some, or is not the one that was read before."""
