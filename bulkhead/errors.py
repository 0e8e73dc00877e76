"""The kinds of failure outside the machines, told apart by who acts on them.

A refusal is neither: it is an output of a machine. A ValueError is neither: the caller passed something
that can never work, and nothing was changed.
"""


class TemporaryError(Exception):
    """May pass by itself (a full disk, a broker away): try the same again, with back-off, for ever, visibly.

    Whatever was asked has not happened or is kept and will happen at the next try; nothing was lost.
    """


class FatalError(Exception):
    """Trying again cannot help and going on could do harm: this shard halts and an operator decides.

    The text names what was seen, where, and what to do next.
    """


class Superseded(Exception):
    """A newer process has taken this one's lease: it stops sending, and nobody has to act.

    No failure of the shard, which goes on in the other process. The text names the lease and who has it.
    """
