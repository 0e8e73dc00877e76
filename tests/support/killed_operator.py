"""`kopf run --module=tests.support.killed_operator`: an operator that dies by kill -9 as soon as it has made
three objects, in the middle of an Exchange's first round.
"""

import os
import signal

import k8s.operator
from k8s.keeping.api import Cluster, Manifest

MADE = 3


class Dying(Cluster):
    made = 0

    def apply(self, manifest: Manifest, *, dry_run: bool = False) -> Manifest:
        done = super().apply(manifest, dry_run=dry_run)
        self.made += not dry_run
        if self.made == MADE:
            os.kill(os.getpid(), signal.SIGKILL)
        return done


vars(k8s.operator)["Cluster"] = Dying
