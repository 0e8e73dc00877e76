"""`bulkhead topology`: what the exchange's one file says, and whether it is right."""

import json
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from bulkhead.topology.annotations import github, sarif
from bulkhead.topology.load import find, load
from bulkhead.topology.models import Topology
from bulkhead.topology.problems import TopologyError
from bulkhead.topology.schema import schema as topology_schema
from bulkhead.topology.summary import summary
from commands.late import late

app = typer.Typer(
    help="What the exchange's one file says, and whether it is right.",
    no_args_is_help=True,
    cls=late(
        {
            "status": "commands.instruments:status",
            "plan": "commands.topology_plan:plan",
            "apply": "commands.topology_plan:apply",
            "drift": "commands.topology_plan:drift",
            "diff": "commands.topology_explain:diff",
            "explain": "commands.topology_explain:explain",
            "init": "commands.topology_init:init",
            "render": "commands.topology_render:render",
            "blast-radius": "commands.blast_radius:blast_radius",
        }
    ),
)

WIDTH = 100
ROWS_MAX = 40
"""Longer tables are cut, and say so: --json has every row."""

TopologyOption = Annotated[
    Path | None,
    typer.Option(
        "--topology",
        help="The topology file. Default: what BULKHEAD_TOPOLOGY names, else ./topology.yaml.",
        show_default=False,
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object instead.")]


def read_topology(option: Path | None) -> tuple[Topology, Path]:
    """Find, read and check the topology, for any command; ends with status 1 and what is wrong on stderr."""
    file = find(option)
    try:
        return load(file), file
    except TopologyError as error:
        for problem in error.problems:
            typer.echo(str(problem), err=True)
        raise typer.Exit(1) from error


@app.command()
def validate(
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Topology files, as pre-commit names them. Default: --topology.", show_default=False
        ),
    ] = None,
    topology: TopologyOption = None,
    as_json: JsonOption = False,
    form: Annotated[
        Literal["text", "github", "sarif"],
        typer.Option("--format", help="github: annotations of a workflow. sarif: for code scanning."),
    ] = "text",
) -> None:
    """Say all that is wrong with a file, or several: where, what, and what would be right.

    Exit status 1 if anything is.
    """
    if files and topology is not None:
        raise typer.BadParameter("name the files, or --topology")
    found = [_looked_at(file) for file in files or [find(topology)]]
    wrong = [error for _, error in found if isinstance(error, TopologyError)]
    problems = [problem for error in wrong for problem in error.problems]
    if form == "sarif":
        typer.echo(sarif(problems, version("bulkhead")))
    elif as_json:
        told = [_facts(file, its) for file, its in found]
        _print_json(told[0] if len(told) == 1 else {"valid": not wrong, "files": told})
    else:
        for file, its in found:
            if form == "github" and isinstance(its, TopologyError):
                typer.echo("\n".join(map(github, its.problems)))
            else:
                _say(file, its)
    if wrong:
        raise typer.Exit(1)


def _looked_at(file: Path) -> tuple[Path, Topology | TopologyError]:
    try:
        return file, load(file)
    except TopologyError as error:
        return file, error


def _facts(file: Path, found: Topology | TopologyError) -> dict[str, Any]:
    if isinstance(found, Topology):
        return {"file": str(file), "valid": True, "complete": True, "problems": []}
    problems = [problem.to_json() for problem in found.problems]
    return {"file": str(file), "valid": False, "complete": found.complete, "problems": problems}


def _say(file: Path, found: Topology | TopologyError) -> None:
    if isinstance(found, Topology):
        facts = summary(found, file)
        names = ("instruments", "shards", "boundaries", "participants")
        counts = ", ".join(f"{len(facts[name])} {name}" for name in names)
        typer.echo(f"{file}: valid. Exchange {found.exchange}: {counts}.")
        return
    for problem in found.problems:
        typer.echo(str(problem))
    count = len(found.problems)
    typer.echo(f"{count} problem{'s' if count > 1 else ''}", err=True)
    if not found.complete:
        typer.echo("These come first: values are checked against each other when they can be read.", err=True)


@app.command()
def show(topology: TopologyOption = None, as_json: JsonOption = False) -> None:
    """Draw the boundaries with their shards, the log's partitions, the instruments and the participants."""
    found, file = read_topology(topology)
    facts = summary(found, file)
    if as_json:
        _print_json(facts)
        return
    console = Console(highlight=False)
    console = Console(highlight=False, width=min(console.width, WIDTH) if console.is_terminal else WIDTH)
    console.print(_drawing(facts))


@app.command()
def schema() -> None:
    """Print the JSON Schema of the file, with which editors complete and explain its fields."""
    _print_json(topology_schema())


def _print_json(value: dict[str, Any]) -> None:
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False))


def _drawing(facts: dict[str, Any]) -> RenderableType:
    fees = ", ".join(f"{side} {_rate(facts['fees'][f'{side}_rate_e7'])}" for side in ("maker", "taker"))
    head = Text.assemble(
        ("exchange ", "dim"),
        (facts["exchange"], "bold"),
        "  development" if facts["development"] else "",
        f"  engine {facts['engine']}  tick {facts['tick_ms']} ms  fees {fees}",
    )
    return Group(
        head,
        Text(f"log        {facts['log']['address']}", overflow="fold"),
        Text(f"snapshots  {facts['snapshots']['address']}", overflow="fold"),
        Text(),
        _boundaries(facts),
        Text(),
        _instruments(facts),
        _partitions(facts),
        _participants(facts),
    )


def _boundaries(facts: dict[str, Any]) -> Tree:
    shards = {row["shard"]: row for row in facts["shards"]}
    tree = Tree(Text("boundaries and their shards", style="bold"))
    for name, boundary in facts["boundaries"].items():
        restarts = boundary["restarts"]
        policy = (
            f"  {boundary['isolation']}; {restarts['budget']} restarts in {restarts['within_s']} s, "
            f"then {boundary['then']}; replicas {boundary['replicas']}"
        )
        branch = tree.add(Text.assemble((name, "bold cyan"), (policy, "dim")))
        for shard in boundary["shards"]:
            branch.add(_shard(shards[shard]))
    return tree


def _shard(row: dict[str, Any]) -> Text:
    text = Text(f"{row['shard']:<13}", style="green")
    details = []
    if row["reads"]:
        details.append(f"reads {_listed(row['reads'], 3)}")
    if "instruments" in row:
        details.append(f"matches {_listed(row['instruments'], 3)}")
    if "slots" in row:
        details.append(f"{row['slots']} slots: {_listed(row['participants'], 4) or 'no participant'}")
    return text.append(" · ".join(details), style="default")


def _instruments(facts: dict[str, Any]) -> Table:
    table = _table("instruments", "instrument", "book", "increments", "prices", "quantities", "trading")
    for row in facts["instruments"][:ROWS_MAX]:
        tick, lot = row["tick"], row["lot"]
        increments = (_times(row["price_increment_ticks"], tick), _times(row["quantity_increment_lots"], lot))
        prices = (_times(row["price_min_ticks"], tick), _times(row["price_max_ticks"], tick))
        quantities = (_times(row["quantity_min_lots"], lot), _times(row["quantity_max_lots"], lot))
        table.add_row(
            row["instrument_id"],
            f"book/{row['book']}",
            " x ".join(increments),
            " to ".join(prices),
            " to ".join(quantities),
            row["trading"],
        )
    return _cut(table, facts["instruments"])


def _partitions(facts: dict[str, Any]) -> Table:
    table = _table("partitions of the log", "topic", "partitions", "read by")
    readers: dict[str, list[str]] = {}
    for row in facts["shards"]:
        for partition in row["reads"]:
            readers.setdefault(partition.split("/")[0], []).append(row["shard"])
    own = [topic["name"] for topic in facts["topics"] if topic["name"].startswith(("ingress.", "reports."))]
    for topic in facts["topics"]:
        if topic["name"] not in own:
            by = _listed(list(dict.fromkeys(readers.get(topic["name"], []))), 6) or "operators"
            table.add_row(topic["name"], str(topic["partitions"]), by)
    count = len(facts["participants"])
    if len(own) > count:
        table.add_row("ingress.PARTICIPANT", f"1 each, {count} in all", "the ingress shard of its risk shard")
    table.add_row("reports.PARTICIPANT", f"1 each, {count} in all", "the participant")
    return table


def _participants(facts: dict[str, Any]) -> Table:
    table = _table(
        "participants", "participant", "slot", "risk", "settlement", "accounts", "balances of each"
    )
    for row in facts["participants"][:ROWS_MAX]:
        accounts = row["accounts"]
        few = (
            ", ".join(accounts) if len(accounts) < 3 else f"{accounts[0]} to {accounts[-1]} ({len(accounts)})"
        )
        balances = ", ".join(f"{amount} {asset}" for asset, amount in row["balances"].items())
        table.add_row(
            row["participant_id"], str(row["slot"]), row["risk"], row["settlement"], few, balances or "none"
        )
    return _cut(table, facts["participants"])


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _cut(table: Table, rows: list[Any]) -> Table:
    if len(rows) > ROWS_MAX:
        table.caption = f"and {len(rows) - ROWS_MAX} more; --json has all"
    return table


def _listed(names: list[str], most: int) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def _times(count: int, unit: str) -> str:
    """`count` times a decimal, exactly, without the zeros at the end."""
    whole, _, places = unit.partition(".")
    digits = str(count * int(whole + places)).zfill(len(places) + 1)
    if not places:
        return digits
    return f"{digits[: -len(places)]}.{digits[-len(places) :]}".rstrip("0").rstrip(".")


def _rate(rate_e7: int) -> str:
    sign = "-" if rate_e7 < 0 else ""
    return f"{sign}{_times(abs(rate_e7), '0.00001')} %"
