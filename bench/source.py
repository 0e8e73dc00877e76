"""Which sources a figure comes from."""

import subprocess
from pathlib import Path


def commit() -> str:
    """Of the sources, with a + where they were changed since; empty where they are no clone."""
    root = Path(__file__).parents[1]
    try:
        described = subprocess.run(
            ["git", "describe", "--always", "--dirty=+", "--abbrev=12"],
            cwd=root,
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        return ""
    return described.stdout.strip()
