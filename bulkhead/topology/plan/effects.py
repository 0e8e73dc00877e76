"""What a changed field of the topology does to an exchange that was founded: said once, for `plan`, `diff`
and `explain`.
"""

from enum import StrEnum
from fnmatch import fnmatchcase
from typing import NamedTuple

from bulkhead.topology.problems import Path, field_text


class Level(StrEnum):
    """What comes of a change, mildest first."""

    APPLIED = "applied"
    """nothing stops"""
    REPLACED = "replaced"
    """the processes that it concerns are replaced one after another, while the others trade on"""
    RESTART = "restart"
    """all processes of the exchange are started anew with it"""
    COMMAND = "command"
    """an operator's signed command does it; the file is to say the same afterwards"""
    KEPT = "kept"
    """nothing does it yet: the exchange goes on with what it was told"""
    REFUSED = "refused"
    """going on would lose something, or no longer fit what is in the log: nothing at all is applied"""


class Effect(NamedTuple):
    level: Level
    text: str
    """what does it, or why nothing does"""


_BEGIN_ANEW = "begin anew under another name, or `bulkhead down --erase` and `bulkhead up`"
_NEW_PROCESSES = Effect(Level.RESTART, "`bulkhead topology apply` starts all processes anew")
_REPLACED = Effect(
    Level.REPLACED,
    "`bulkhead topology apply` replaces the processes of the shards that it concerns, one after another: with"
    " a standby by a hand-over, else by a restart; the others trade on",
)
_TOLD = Effect(Level.APPLIED, "`bulkhead topology apply` tells it to those that run, and replaces no process")
_STARTED = Effect(
    Level.APPLIED,
    "`bulkhead topology apply` starts what is added, stops what is left out, replaces the view that changed",
)
_FOUNDED_WITH = Effect(Level.KEPT, "there is no command for it yet: it stays what it was at the founding")
_DECIDED = Effect(
    Level.APPLIED, "`bulkhead topology apply --reason ...` tells it to the exchange, signed by an operator"
)
_MOVED = Effect(
    Level.APPLIED,
    "`bulkhead topology apply --reason ...` adds risk shards, moves slots between them and ends those that"
    " are retired, signed by an operator, while all trade",
)
_LEDGER_MOVED = Effect(
    Level.APPLIED,
    "`bulkhead topology apply --reason ...` adds settlement shards, moves accounts between them and ends"
    " those that are retired, signed by an operator, while all trade",
)
_ANOTHER_LOG = Effect(
    Level.REFUSED,
    "everything that the exchange knows is in its log, and no command moves it: put the field back, or move"
    " the whole exchange (docs/operations.md, Backup)",
)
_UNITS = Effect(
    Level.REFUSED,
    f"open orders and balances are counted in it, and no command converts them: {_BEGIN_ANEW}",
)
_LIVE_BOOK = Effect(
    Level.REFUSED,
    "the book's orders rest by it, and no command changes it on a live book: put the field back; for new"
    f" rules {_BEGIN_ANEW}",
)
_SECRET = Effect(
    Level.REFUSED, "frames in the log are sealed with the old one, and no command changes it: put it back"
)


def _command(line: str) -> Effect:
    return Effect(Level.COMMAND, f"`bulkhead {line}` does it")


ADDED, REMOVED = "+", "-"
"""before a pattern: of a whole entry that only one of the two topologies has"""

EFFECTS: tuple[tuple[str, Effect], ...] = (
    ("extends", Effect(Level.APPLIED, "only the fields that come of it count")),
    ("exchange", Effect(Level.APPLIED, "another name is another exchange: it is founded beside the old one")),
    (
        "development",
        Effect(Level.APPLIED, "it holds from the next `apply` on: whether missing keys are made"),
    ),
    ("clock.tick_ms", _REPLACED),
    ("+assets.*", _DECIDED),
    ("assets.*", _UNITS),
    ("+instruments.*", _DECIDED),
    (
        "-instruments.*",
        Effect(
            Level.REFUSED,
            "its id is never given again, and its orders and their money would be lost: put it back;"
            " `trading: retired` ends it, after `bulkhead halt` and `bulkhead mass-cancel --instrument`",
        ),
    ),
    ("instruments.*.base", _UNITS),
    ("instruments.*.quote", _UNITS),
    ("instruments.*.tick", _UNITS),
    ("instruments.*.lot", _UNITS),
    (
        "instruments.*.trading",
        Effect(
            Level.COMMAND,
            "`bulkhead halt` or `bulkhead resume` does it; retired, for ever: `bulkhead topology apply"
            " --reason ...`",
        ),
    ),
    ("instruments.*.phases*", _command("timetable")),
    ("instruments.*.bands*", _command("bands")),
    ("instruments.*.circuit_breaker*", _command("breaker")),
    ("instruments.*.price_collar*", _command("collar")),
    ("instruments.*.matching", _LIVE_BOOK),
    ("instruments.*.pro_rata*", _LIVE_BOOK),
    ("instruments.*", _FOUNDED_WITH),
    ("fees.*", _DECIDED),
    ("shards.risk.commands_in_flight_max", _FOUNDED_WITH),
    ("shards.risk.*", _MOVED),
    ("shards.settlement.*", _LEDGER_MOVED),
    (
        "shards.books*",
        Effect(
            Level.APPLIED,
            "the exchange is told of new instruments, in new partitions at the end or in one that is there;"
            " to move one, or take one away, is refused",
        ),
    ),
    ("shards.views*", _STARTED),
    (
        "shards.ingress",
        Effect(
            Level.REFUSED,
            f"participants' programs would write where nobody reads, and no command opens or closes gateways"
            f" yet: {_BEGIN_ANEW}",
        ),
    ),
    ("shards.engine", _REPLACED),
    ("+participants.*", _DECIDED),
    (
        "-participants.*",
        Effect(
            Level.REFUSED,
            "its orders and balances would be nobody's: put it back; `bulkhead kill-switch on --participant`,"
            " `bulkhead mass-cancel` and `bulkhead key revoke` end its trading",
        ),
    ),
    ("participants.*.keys*", _command("key add` or `bulkhead key revoke")),
    (
        "-participants.*.accounts.*",
        Effect(
            Level.REFUSED,
            "what is in it would be nobody's: put it back; `bulkhead account close` ends its trading",
        ),
    ),
    ("participants.*.accounts*", _DECIDED),
    ("participants.*.balances*", Effect(Level.KEPT, "balances are given when an account is opened")),
    ("participants.*.limits.commands_per_s_max", _FOUNDED_WITH),
    ("participants.*.limits*", _command("limits set")),
    ("keys.internal", _SECRET),
    ("keys.operators*", _DECIDED),
    ("approvals*", _FOUNDED_WITH),
    ("placement*", _NEW_PROCESSES),
    ("boundaries.*.restarts*", _TOLD),
    ("boundaries.*.suspect_after_ms", _TOLD),
    (
        "boundaries.*.replicas",
        Effect(
            Level.APPLIED,
            "`bulkhead topology apply` starts second processes, stops those that are left out, and tells the"
            " others",
        ),
    ),
    ("boundaries*", _REPLACED),
    ("log.adapter", _ANOTHER_LOG),
    ("log.directory", _ANOTHER_LOG),
    ("log.tenant", _ANOTHER_LOG),
    ("log.*", _NEW_PROCESSES),
    (
        "snapshots.directory",
        Effect(
            Level.REPLACED,
            "`bulkhead topology apply` replaces one process after another, and each reads its whole log once",
        ),
    ),
    ("snapshots.*", _REPLACED),
    ("views.*", _REPLACED),
)
"""The first pattern that fits counts; `*` stands for anything, dots too."""


def effect_of(path: Path, sign: str = "") -> Effect:
    """Of a changed field; with `sign` of an entry that was ADDED or REMOVED. LookupError: no such field."""
    text = field_text(path)
    for pattern, effect in EFFECTS:
        if pattern[0] in (ADDED, REMOVED):
            if pattern[0] == sign and fnmatchcase(text, pattern[1:]) and _same_depth(path, pattern):
                return effect
        elif fnmatchcase(text, pattern):
            return effect
    raise LookupError(f"nothing says what a change of {text} does: add it to topology/plan/effects.py")


def _same_depth(path: Path, pattern: str) -> bool:
    return len(path) == pattern.count(".") + 1
