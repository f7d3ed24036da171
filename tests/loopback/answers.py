"""Requests and responses of operations, the same for all services."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

State: TypeAlias = dict[str, Any]
"""The whole account; see `sample.yaml`."""


class Asked(NamedTuple):
    """The parameters of one call, taken from the path, the query, the form or the JSON body."""

    path: Mapping[str, str]
    parameters: Mapping[str, str]
    """The parameters of the query, or of eflo's form; lists are spelled `Name.N`."""
    body: Any
    """The JSON body; None without one."""

    def numbered(self, name: str) -> list[str]:
        """Return the values of `Name.1`, `Name.2`, ..."""
        found: list[str] = []
        while (key := f"{name}.{len(found) + 1}") in self.parameters:
            found.append(self.parameters[key])
        return found

    def required(self, name: str) -> str:
        """Return a required parameter; without it, fail like the services."""
        if not self.parameters.get(name):
            raise ApiError(400, f"Missing{name}", f"{name} is mandatory for this action.")
        return self.parameters[name]

    def number(self, name: str, default: int, most: int, least: int = 1) -> int:
        """Return a number within the service's limits."""
        text = self.parameters.get(name, str(default))
        if not text.isdecimal() or not least <= int(text) <= most:
            raise ApiError(400, f"InvalidParameter.{name}", f"{name} must be between {least} and {most}, not {text}.")
        return int(text)


class ApiError(Exception):
    """An error response of a service."""

    def __init__(self, status: int, code: str, message: str, **more: Any) -> None:  # noqa: ANN401 - JSON values
        """Store the HTTP status and the contents of the body."""
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.more = more


class Operation(NamedTuple):
    """One action of a service."""

    run: Callable[[State, Asked], dict[str, Any]]
    method: str = "POST"
    path: str = "/"
    """The path, with `{names}` for its parameters."""


def page_by_token(asked: Asked, rows: list[Any], default: int, most: int, largest: int | None) -> tuple[list[Any], str]:
    """Return one page and the token of the next, "" after the last.

    `largest` (from `pageSizes` of the state) makes pages smaller than requested, as such services may do.
    """
    size = min(asked.number("MaxResults", default, most), largest or most)
    token = asked.parameters.get("NextToken") or "page-0"
    start = token.removeprefix("page-")
    if not start.isdecimal():
        raise ApiError(400, "InvalidParameter.NextToken", "The specified NextToken is invalid.")
    end = int(start) + size
    return rows[int(start) : end], f"page-{end}" if end < len(rows) else ""
