"""The topology that was applied last: what `drift` compares with, whatever the file says by now."""

import json

from pydantic import ValidationError

from bulkhead.errors import FatalError
from bulkhead.files import write_private
from bulkhead.installation.state import Installation, read_json
from bulkhead.topology.models import Topology

FILE = "applied.json"


def remember_applied(installation: Installation) -> None:
    """All steps were done."""
    values = installation.topology.model_dump(mode="json", exclude_none=True)
    write_private(installation.directory / FILE, json.dumps(values).encode())


def applied(installation: Installation) -> Installation | None:
    """The same installation as it was applied; None where it never was.

    FatalError: what was remembered can't be read by this version.
    """
    values = read_json(installation.directory / FILE)
    if values is None:
        return None
    try:
        return Installation(Topology.model_validate(values), installation.file)
    except ValidationError as problem:
        raise FatalError(
            f"{installation.directory / FILE} was written by another version ({problem.error_count()} fields"
            f" are not known): `bulkhead topology apply` writes it anew"
        ) from problem
