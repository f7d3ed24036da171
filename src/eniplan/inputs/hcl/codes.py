"""Terraform's functions for addresses, digests, paths and CSV, which few files call."""

from __future__ import annotations

import csv
import hashlib
import io
import ipaddress
from binascii import b2a_base64
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from eniplan.inputs.hcl.values import MAX_ITEMS, RefusedError, TooMuchError, text, whole
from eniplan.inputs.places import NotKnown
from eniplan.messages import say

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Arguments = list[Any]
    Function = Callable[[Arguments], Any]
    Network = ipaddress.IPv4Network | ipaddress.IPv6Network


# --- Addresses ----------------------------------------------------------------------------------------------------


def _network(value: Any) -> Network:  # noqa: ANN401 - a value
    words = text(value)
    if "/" not in words or not words.rpartition("/")[2].isdecimal():
        raise RefusedError(say("a CIDR block is needed here"))
    try:
        return ipaddress.ip_network(words, strict=False)
    except ValueError:
        raise RefusedError(say("a CIDR block is needed here")) from None


def _inner(network: Network, bits: int, number: int) -> str:
    """Return the subnet with a number, when a block's prefix is extended by `bits`."""
    length = network.prefixlen + bits
    if bits < 0 or length > network.max_prefixlen or not 0 <= number < 2**bits:
        raise RefusedError(say("the CIDR block has no such subnet"))
    first = int(network.network_address) + (number << (network.max_prefixlen - length))
    return f"{type(network.network_address)(first)}/{length}"


def _subnet(args: Arguments) -> Any:  # noqa: ANN401 - a value
    network, bits, number = args
    return _inner(_network(network), whole(bits), whole(number))


def _subnets(args: Arguments) -> Any:  # noqa: ANN401 - a value
    network, at = _network(args[0]), 0
    out = []
    for bits in map(whole, args[1:]):
        if not 0 < bits <= 32:  # noqa: PLR2004 - Terraform's own limit
            raise RefusedError(say("the CIDR block has no such subnet"))
        size = 2 ** max(network.max_prefixlen - network.prefixlen - bits, 0)
        at = -(-at // size)
        out.append(_inner(network, bits, at))
        at = (at + 1) * size
    return out


def _host(args: Arguments) -> Any:  # noqa: ANN401 - a value
    network, number = _network(args[0]), whole(args[1])
    at = number if number >= 0 else network.num_addresses + number
    if not 0 <= at < network.num_addresses:
        raise RefusedError(say("the CIDR block has no such address"))
    return str(network.network_address + at)


def _netmask(args: Arguments) -> Any:  # noqa: ANN401 - a value
    network = _network(args[0])
    if network.version != 4:  # noqa: PLR2004 - IPv4
        raise RefusedError(say("an IPv4 block is needed here"))
    return str(network.netmask)


# --- Digests, paths, tables ---------------------------------------------------------------------------------------


def _digest(name: str) -> Function:
    return lambda args: hashlib.new(name, _only(args).encode(), usedforsecurity=False).hexdigest()


def _digest64(name: str) -> Function:
    return lambda args: b2a_base64(hashlib.new(name, _only(args).encode()).digest(), newline=False).decode()


def _only(args: Arguments) -> str:
    (value,) = args
    return text(value)


def _base_name(args: Arguments) -> Any:  # noqa: ANN401 - a value
    words = _only(args)
    return words.rstrip("/").rpartition("/")[2] or ("/" if words else ".")


def _folder_name(args: Arguments) -> Any:  # noqa: ANN401 - a value
    import posixpath  # noqa: PLC0415 - few files need it

    folder = _only(args).rpartition("/")
    return posixpath.normpath((folder[0] or folder[1]) or ".")


def _url(args: Arguments) -> Any:  # noqa: ANN401 - a value
    return quote(_only(args), safe="~").replace("%20", "+")


def _table(args: Arguments) -> Any:  # noqa: ANN401 - a value
    words = _only(args)
    if '"' in words or "\r" in words:
        return NotKnown(say("CSV with quotes"))
    rows = [row for row in csv.reader(io.StringIO(words)) if row]
    if not rows or len({len(row) for row in rows}) > 1 or len(set(rows[0])) < len(rows[0]):
        raise RefusedError(say("not valid CSV"))
    if len(rows) > MAX_ITEMS:
        raise TooMuchError
    return [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]


CODES: Mapping[str, Function] = {
    "cidrsubnet": _subnet, "cidrsubnets": _subnets, "cidrhost": _host, "cidrnetmask": _netmask,
    "md5": _digest("md5"), "sha1": _digest("sha1"), "sha256": _digest("sha256"), "sha512": _digest("sha512"),
    "base64sha256": _digest64("sha256"), "base64sha512": _digest64("sha512"),
    "basename": _base_name, "dirname": _folder_name, "urlencode": _url, "csvdecode": _table,
}  # fmt: skip
"""Called only if all arguments are fully known."""
