"""How a simulation fails: a promise was not kept."""


class Broken(Exception):
    """The text says which promise, and where."""


def must(holds: bool, promise: str) -> None:
    """Raise Broken unless `holds`."""
    if not holds:
        raise Broken(promise)
