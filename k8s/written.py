"""What a resource says, where a topology file would be: it has fields, and no lines and columns."""

from typing import Any

from bulkhead.topology.problems import Path


class Written:
    """Values that did not come from a file. `name` stands for the file in what is said of them."""

    def __init__(self, name: str, values: dict[str, Any]) -> None:
        self.name = name
        self.values = values

    def place(self, path: Path, at_key: bool = False) -> tuple[str, int, int]:
        return self.name, 0, 0

    def written(self, path: Path) -> str | None:
        """The value at `path` as YAML writes it, None when it is not a single value."""
        value: Any = self.values
        for step in path:
            if isinstance(value, dict) and str(step) in value:
                value = value[str(step)]
            elif isinstance(value, list) and isinstance(step, int) and step < len(value):
                value = value[step]
            else:
                return None
        if isinstance(value, bool):
            return "true" if value else "false"
        return str(value) if isinstance(value, str | int | float) else None
