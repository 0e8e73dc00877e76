"""The embedded log's objects: topics. All in its folder is one exchange's, so the folder is the label."""

import shutil
from pathlib import Path

from bulkhead.log.administration import Objects, Wanted
from bulkhead.log.sqlite.log import SqliteLog


class SqliteAdministration:
    def __init__(self, directory: Path, wanted: Wanted, durability: str) -> None:
        self._directory = directory
        self._wanted = wanted
        self._durability = durability

    def wanted(self) -> Objects:
        return {("topic", name): {"partitions": count} for name, count in self._wanted.topics.items()}

    def live(self, *, closely: bool = False) -> Objects:
        if not self._directory.exists():  # which opening the log would make
            return {}
        log = SqliteLog(self._directory, durability=self._durability)
        try:
            return {("topic", name): {"partitions": count} for name, count in log.topics().items()}
        finally:
            log.close()

    def make(self, kind: str, name: str) -> None:
        assert kind == "topic"  # all that this log has
        log = SqliteLog(self._directory, durability=self._durability)
        try:
            log.create_topic(name, self._wanted.topics[name])
        finally:
            log.close()

    def delete(self, kind: str, name: str) -> None:
        assert kind == "topic"
        shutil.rmtree(self._directory / name)

    def bounds(self) -> dict[str, str]:
        return {}

    def close(self) -> None:
        return None
