"""`bulkhead topology explain` and `diff`: one field, and what two files say differently."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from bulkhead.topology.plan.explained import Explained, explained
from bulkhead.topology.plan.fields import field_changes
from commands.topology import JsonOption, read_topology


def explain(
    field: Annotated[
        str, typer.Argument(metavar="FIELD", help="Such as shards.risk.count, instruments.*.tick.")
    ],
    as_json: JsonOption = False,
) -> None:
    """Say what one field means, which values it may have, and what changing it does to a founded exchange.

    Exit status 1 if there is no such field.
    """
    try:
        found = explained(field)
    except LookupError as problem:
        typer.echo(str(problem.args[0]), err=True)
        raise typer.Exit(1) from problem
    if as_json:
        effects = {word: effect._asdict() for word, effect in found.effects.items()}
        print(json.dumps({**found.__dict__, "effects": effects}))
        return
    for line in _lines(found):
        Console().print(line, markup=False, highlight=False, soft_wrap=True)


def diff(
    before: Annotated[Path, typer.Argument(metavar="A", help="A topology file.")],
    after: Annotated[Path, typer.Argument(metavar="B", help="Another one.")],
    as_json: JsonOption = False,
) -> None:
    """Say what B says otherwise than A, field by field, and what that would do to an exchange founded with A.

    What is only written otherwise is no difference. Exit status 0: none. 2: some. 1: a file is wrong.
    """
    changes = field_changes(read_topology(before)[0], read_topology(after)[0])
    if as_json:
        rows = [
            {
                "field": change.field,
                "before": change.before,
                "after": change.after,
                "effect": change.effect.level,
                "text": change.effect.text,
            }
            for change in changes
        ]
        print(json.dumps({"changes": rows}))
    else:
        for change in changes:
            print(f"{change}\n    {change.effect.level}: {change.effect.text}")
        if not changes:
            print("No difference.")
    raise typer.Exit(2 if changes else 0)


def _lines(found: Explained) -> list[str]:
    lines = [found.path, "", f"  {found.description}", "", f"  values    {found.values}"]
    if found.default is not None:
        lines.append(f"  default   {found.default}")
    else:
        lines.append(f"  default   none: {'it has to be given' if found.required else 'it may be left out'}")
    if found.example:
        lines.append(f"  example   {found.path.rpartition('.')[2]}: {found.example}")
    lines += [f"  {word:<9} {effect.level}: {effect.text}" for word, effect in found.effects.items()]
    if found.fields:
        lines += ["", "  fields"]
        lines += [f"    {name:<24} {sentence}" for name, sentence in found.fields.items()]
    return lines
