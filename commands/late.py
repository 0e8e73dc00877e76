"""Commands that are imported when they are asked for: `bulkhead order` does not wait for what `up` needs."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any, ClassVar

import typer
from typer.core import TyperGroup
from typer.main import get_command


class Late(TyperGroup):
    """Of a class that `late` makes. Contexts and commands are of the click that Typer has inside: it has no
    public name.
    """

    late: ClassVar[Mapping[str, str]]

    def list_commands(self, ctx: Any) -> list[str]:
        return [*super().list_commands(ctx), *self.late]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name in self.late:
            return _found(cmd_name, self.late[cmd_name])
        return super().get_command(ctx, cmd_name)


def late(table: Mapping[str, str]) -> type[Late]:
    """A group's class: it has the commands of `table` (name -> MODULE:FUNCTION, or MODULE:GROUP, a Typer),
    behind those that its Typer has itself.
    """
    return type("LateGroup", (Late,), {"late": table})


def _found(name: str, where: str) -> Any:
    module, _, attribute = where.partition(":")
    found = getattr(import_module(module), attribute)
    if not isinstance(found, typer.Typer):
        function, found = found, typer.Typer(add_completion=False)
        found.command(name)(function)
    command = get_command(found)
    command.name = name
    return command
