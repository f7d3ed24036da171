"""Evaluates policies offline, in the API server's dialect of CEL. Only this module imports a CEL library."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

import cel

from eniplan.guard.policies import needed
from eniplan.guard.render import message_of
from eniplan.k8s.terway import SYSTEM_NAMESPACE
from eniplan.k8s.values import mapping
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from eniplan.guard.policies import Policy
    from eniplan.guard.render import Guard, Object

_FUNCTIONS: dict[str, Callable[..., object]] = {
    "lowerAscii": str.lower,
    "replace": str.replace,
    "split": str.split,
}
"""The functions that Kubernetes adds to CEL and the policies use."""


class Verdict(NamedTuple):
    """A policy that an object violates, and its message."""

    policy: Policy
    message: str


def looking_at(guard: Guard, value: Object) -> tuple[Policy, ...]:
    """Return the policies for objects of this kind."""
    resource = f"{str(value.get('kind')).lower()}s"  # of every kind that policies match
    group, _, version = str(value.get("apiVersion", "")).rpartition("/")
    return tuple(
        policy
        for policy in guard.policies
        if any(r.group == group and version in r.versions and resource in r.names for r in policy.resources)
    )


def judge(
    guard: Guard, value: Object, namespaces: Mapping[str, Object], old: Object | None = None
) -> Iterator[Verdict]:
    """Yield the policies that an object violates when it is created or changed.

    Args:
        guard: the policies and their parameters.
        value: the object, as in its manifest.
        namespaces: the known Namespace objects, by name.
        old: the object before the change; None for a new object. Policies that match only updates are evaluated
            either way.

    """
    found = looking_at(guard, value)
    if not found:
        return
    namespace = str(mapping(value.get("metadata")).get("namespace") or "default")
    request = _Request(
        object=value,
        oldObject=old or {"metadata": {}},
        namespaceObject=_namespace(guard, namespaces, namespace),
        params={"data": guard.parameters},
    )
    for policy in found:
        if not (policy.is_namespaced and namespace == SYSTEM_NAMESPACE) and not request.passes(policy):
            yield Verdict(policy, message_of(policy))


def _namespace(guard: Guard, namespaces: Mapping[str, Object], name: str) -> Object:
    """Return a namespace. An unknown namespace is assumed to have all labels that PodNetworkings select."""
    if name in namespaces:
        return namespaces[name]
    lines = (line.split("|") for line in guard.parameters["podSelectors"].splitlines())
    pairs = (
        pair.split("=", 1) for _, *columns in lines for column in columns[1:] for pair in column.split(",") if pair
    )
    return {"metadata": {"labels": {"kubernetes.io/metadata.name": name, **dict(pairs)}}}


class _Request:
    """One admission request. Caches variables, which policies share."""

    def __init__(self, **known: object) -> None:
        self._context = cel.Context()
        self._done: dict[str, str] = {}
        for name, function in _FUNCTIONS.items():
            self._context.add_function(name, function)
        for name, value in known.items():
            self._context.add_variable(name, value)

    def passes(self, policy: Policy) -> bool:
        """Return whether a policy admits the request. An expression that fails admits it (failurePolicy: Ignore)."""
        try:
            if not all(self._value(text) for _, text in policy.conditions):
                return True
            for name, text in needed(policy):
                if self._done.get(name) != text:
                    self._context.add_variable(_PREFIX + name, self._value(text))
                    self._done[name] = text
            return bool(self._value(policy.right))
        except (ArithmeticError, LookupError, RuntimeError, TypeError, ValueError):
            return True

    def _value(self, text: str) -> object:
        return _compiled(text).execute(self._context)


_PREFIX = "variables_"


@cache
def _compiled(text: str) -> cel.Program:
    """Compile an expression. Variables are separate names because a `variables` map would be copied for each."""
    return cel.compile(re.sub(r"\bvariables\.", _PREFIX, text))
