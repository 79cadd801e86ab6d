"""Reads docker-compose.yml as the compose program does, as far as this file uses its language."""

import re
import shlex
from collections.abc import Mapping
from typing import Any

import yaml

from tests.ground.processes import ROOT

FILE = ROOT / "docker-compose.yml"
VARIABLE = re.compile(r"\$(?:\$|\{(\w+)(?:(:[-?])([^}]*))?\})")


class MissingVariable(Exception):
    """A `${NAME:?why}` without a value: compose would refuse to start."""


def interpolate(text: str, values: Mapping[str, str]) -> str:
    """`${A}`, `${A:-default}`, `${A:?why}` and `$$`. Raises MissingVariable."""

    def replace(match: re.Match[str]) -> str:
        name, operator, rest = match.groups()
        if name is None:
            return "$"
        if values.get(name):
            return values[name]
        if operator == ":?":
            raise MissingVariable(f"{name}: {rest}")
        return rest or ""

    return VARIABLE.sub(replace, text)


def load(values: Mapping[str, str]) -> dict[str, Any]:
    """The whole file with every variable replaced. Raises MissingVariable."""

    def walk(node: Any) -> Any:
        if isinstance(node, dict):
            return {key: walk(value) for key, value in node.items()}
        if isinstance(node, list):
            return [walk(value) for value in node]
        return interpolate(node, values) if isinstance(node, str) else node

    document: dict[str, Any] = walk(yaml.safe_load(FILE.read_text()))
    return document


def command_of(service: Mapping[str, Any]) -> list[str]:
    command = service["command"]
    return shlex.split(command) if isinstance(command, str) else list(command)


def health_command(service: Mapping[str, Any]) -> list[str]:
    """The argument list of a health check; the shell form runs in `sh -c` as in a container."""
    kind, *rest = service["healthcheck"]["test"]
    return ["sh", "-c", rest[0]] if kind == "CMD-SHELL" else rest
