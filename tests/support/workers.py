"""What goes to which worker where several run tests at once (pytest-xdist)."""

from xdist.scheduler import LoadFileScheduling

TOGETHER = ("tests/e2e/shared/", "tests/integration/secured/")
"""Folders whose files share something that is dear to start."""


class FilesAndFolders(LoadFileScheduling):  # type: ignore[misc]  # of which no types are published
    """A file's tests go to one worker, in their order, since they may share an exchange; so do those of a
    folder that is named above. Whoever is done first gets the next.
    """

    def _split_scope(self, nodeid: str) -> str:
        return next(
            (folder for folder in TOGETHER if nodeid.startswith(folder)), super()._split_scope(nodeid)
        )
