"""`bulkhead topology render`: the exchange as manifests of Kubernetes."""

from pathlib import Path
from typing import Annotated

import typer

from bulkhead.topology.problems import TopologyError
from commands.topology import TopologyOption, read_topology
from k8s.manifests.files import as_text, write_files
from k8s.render import render as rendered


def render(
    image: Annotated[
        str, typer.Option("--image", help="What the pods run, such as REGISTRY/bulkhead@sha256:…")
    ],
    topology: TopologyOption = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            help="A folder for the files, with a kustomization.yaml. Left out: standard output.",
            show_default=False,
        ),
    ] = None,
    namespace: Annotated[
        str | None, typer.Option("--namespace", "-n", help="Left out: the exchange's name.")
    ] = None,
    name: Annotated[
        str | None,
        typer.Option("--name", help="What all names begin with. Left out: the exchange's name."),
    ] = None,
    monitors: Annotated[
        bool,
        typer.Option("--monitors", help="Also a PodMonitor, where the cluster has prometheus-operator."),
    ] = False,
) -> None:
    """Write what the exchange is on Kubernetes, for who applies it with tools of their own (GitOps).

    The same file gives the same bytes. Secrets are named and not made: docs/kubernetes.md lists them. Status
    1 if the topology can't be on Kubernetes.
    """
    found, _ = read_topology(topology)
    exchange = found.exchange
    try:
        manifests = rendered(
            found,
            namespace=namespace or exchange,
            name=name or exchange,
            image=image,
            monitors=monitors,
        )
    except TopologyError as error:
        for problem in error.problems:
            typer.echo(str(problem), err=True)
        raise typer.Exit(1) from error
    if output is None:
        typer.echo(as_text(manifests), nl=False)
        return
    files = write_files(output, manifests)
    typer.echo(f"{output}: {len(files)} files. Next: `kubectl apply --server-side -k {output}`.", err=True)
