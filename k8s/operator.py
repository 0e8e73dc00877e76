"""The operator, as kopf runs it: what it watches, and who acts when several run.

No handler of it needs a finalizer or keeps anything in an annotation: what is to be done follows from what is
there (keeping/round.py), and what is of an Exchange goes by its owner reference (keeping/children.py).
So it may be killed at any moment, and an Exchange or its namespace can be deleted while no operator runs.
"""

import logging
import random
from typing import Any, cast

import kopf

from k8s.crd import GROUP, PLURAL, VERSION
from k8s.keeping.api import PATHS, POD, Cluster, Manifest
from k8s.keeping.children import INSTANCE, KINDS, OURS
from k8s.keeping.keeper import Keeper
from k8s.keeping.round import Note

PEER_LIFETIME_S = 15
"""One that was killed is missed after so long."""
WATCHED = [(*kind[0].rpartition("/")[::2], PATHS[kind]) for kind in (*KINDS.values(), POD)]
"""(group, version, plural) of all that an Exchange may have"""
REASON_TEXT = 1_000
"""characters of an event's message: the API server takes 1,024"""


@kopf.on.startup()
def configure(settings: kopf.OperatorSettings, memo: kopf.Memo, **_: Any) -> None:
    settings.peering.lifetime = PEER_LIFETIME_S
    # The one of the highest acts; two of the same would both wait.
    settings.peering.priority = random.randrange(2**31)
    # It would tell of each event that it passes on.
    logging.getLogger("kopf.objects").setLevel(logging.WARNING)
    settings.posting.reporting_component = "bulkhead-operator"
    settings.posting.event_name_prefix = "bulkhead-"
    ours = ",".join(f"{name}={value}" for name, value in OURS.items())
    for watched in WATCHED:
        settings.watching.label_selectors[watched] = ours  # else all pods of the cluster would come here
    memo.keeper = Keeper(Cluster(), _tell)


@kopf.on.cleanup()
async def stop(memo: kopf.Memo, **_: Any) -> None:
    memo.keeper.stop()


@kopf.on.event(GROUP, VERSION, PLURAL)
async def exchange_changed(meta: kopf.Meta, memo: kopf.Memo, **_: Any) -> None:
    memo.keeper.exchange_changed((meta["namespace"], meta["name"]), meta["resourceVersion"])


async def child_changed(meta: kopf.Meta, memo: kopf.Memo, **_: Any) -> None:
    """An object that carries our labels has come, changed or gone: by hand, or by KubeRay."""
    memo.keeper.child_changed((meta["namespace"], meta["labels"][INSTANCE]))


for watched in WATCHED:
    kopf.on.event(*watched, labels={INSTANCE: kopf.PRESENT})(child_changed)


def _tell(exchange: Manifest, note: Note) -> None:
    """As an event, which `kubectl describe` shows."""
    text = note.text if len(note.text) <= REASON_TEXT else f"{note.text[: REASON_TEXT - 1]}…"
    kopf.event(kopf.Body(cast(Any, exchange)), type=note.kind, reason=note.reason, message=text)
