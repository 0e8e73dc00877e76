"""Manifests as files of a folder, for those who keep in a repository what a cluster should be."""

from pathlib import Path
from typing import Any

import yaml

HEADER = "# Written by `bulkhead topology render`: change the topology instead.\n"
KUSTOMIZATION = "kustomization.yaml"


def as_text(manifests: list[dict[str, Any]]) -> str:
    """All of them as one stream of YAML."""
    return "---\n".join(_dumped(manifest) for manifest in manifests)


def write_files(folder: Path, manifests: list[dict[str, Any]]) -> list[str]:
    """A file each, and a kustomization.yaml that names them; returns their names.

    The same manifests make the same bytes. What an earlier call has written and this one would not is taken
    away; files of anybody else stay.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = {_name(manifest): _dumped(manifest) for manifest in manifests}
    files[KUSTOMIZATION] = _dumped(
        {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "resources": list(files)}
    )
    for old in folder.glob("*.yaml"):
        if old.name not in files and old.read_text().startswith(HEADER):
            old.unlink()
    for name, text in files.items():
        (folder / name).write_text(HEADER + text)
    return list(files)


def _name(manifest: dict[str, Any]) -> str:
    return f"{manifest['kind'].lower()}-{manifest['metadata']['name']}.yaml"


def _dumped(value: dict[str, Any]) -> str:
    return yaml.dump(value, Dumper=_Written, sort_keys=False, allow_unicode=True, width=110)


class _Written(yaml.SafeDumper):
    """Values that are there twice are written twice: an alias helps nobody who reads one of them."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Written.add_representer(str, _text)
