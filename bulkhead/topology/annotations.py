"""Problems of a topology in the forms that code reviews show beside the line: GitHub's and SARIF."""

import json
from typing import Any

from bulkhead.topology.problems import Problem

RULE = "topology"


def github(problem: Problem) -> str:
    """One workflow command of GitHub Actions, which makes an annotation of it."""
    text = _escaped(
        f"{problem.field}: {problem.problem}; {problem.hint}".removeprefix(": ").removesuffix("; ")
    )
    file = _escaped(problem.file).replace(":", "%3A").replace(",", "%2C")
    return f"::error file={file},line={problem.line},col={problem.column},title=topology::{text}"


def sarif(problems: list[Problem], version: str) -> str:
    """A log in the Static Analysis Results Interchange Format 2.1.0 (OASIS)."""
    results = [_result(problem) for problem in problems]
    tool = {"driver": {"name": "bulkhead", "version": version, "rules": [{"id": RULE}]}}
    log = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{"tool": tool, "results": results}],
    }
    return json.dumps(log, indent=2, ensure_ascii=False)


def _result(problem: Problem) -> dict[str, Any]:
    text = f"{problem.field}: {problem.problem}" if problem.field else problem.problem
    return {
        "ruleId": RULE,
        "level": "error",
        "message": {"text": f"{text}; {problem.hint}" if problem.hint else text},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": problem.file},
                    "region": {"startLine": problem.line, "startColumn": problem.column},
                }
            }
        ],
    }


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
