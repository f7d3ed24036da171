"""Random strings for all string parsers: none may raise an unexpected exception or take long."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from random import Random
from typing import TYPE_CHECKING

from eniplan.catalog.select import range_from
from eniplan.cloud.place import endpoint_problem, is_region
from eniplan.errors import InputError
from eniplan.inputs import jq, markdown, shell
from eniplan.inputs.hcl.files import _parsed
from eniplan.inputs.script import read as read_script
from eniplan.inputs.terraform import _Configured
from eniplan.inputs.words import Part, is_worth
from eniplan.k8s import names, numbers
from eniplan.k8s.rollout import rollout
from eniplan.plan.document import plain_scalar, read_documents
from eniplan.plan.folders import patterns
from eniplan.plan.waivers import _pattern
from eniplan.suggest import did_you_mean
from eniplan.text import json_text, printable
from eniplan.versions import kubernetes, terway

if TYPE_CHECKING:
    from collections.abc import Callable

PIECES = (
    "1", "9", "0", "00", "08", "0x", "0o7", "1_0", ".", "..", "-", "+", "e", "E", "e9", "e-9", "1e400", "Ki", "Mi",
    "m", "n", "u", "k", "h", "ms", "us", "µs", "s", "d", "%", "inf", "nan", "true", "null", "~", "yes", "2026-11-25",
    "T00:00:00Z", "v", "v1.16.4", "1.34.3-aliyun.1", "-rc.1", "-g1234567", "+build", "latest", "/", "//", ":", "@",
    "sha256:", "registry/terway:", "a", "A", "z9", "_", "é", "٣", "²", "\u202e", "\u200b", "\x9b", "\0", "\n",
    "\r\n", "\t", " ", "  ", "*", "**", "**/", "?", "[", "]", "[!", "{", "}", "(", ")", "|", "\\", "^", "$", "${", "$(",
    "%{", "`", "'", '"', "<<", "<<-EOF\n", "EOF\n", "&", "&a", "*a", "!!", "#", "- ", "? ", "> ", "```", "~~~", "=",
    ",", ";", "k8s.aliyun.com/", "exclusive-eni", "ecs.g8i.8xlarge", "cn-hangzhou", "cn-hangzhou-j", "vsw-1",
    "nodePools[0]", "module.", 'module.a["x"]', "[0]", "alicloud_cs_kubernetes_node_pool.b", "http://", "https://",
    "user:pw@", "127.0.0.1", "[::1]", ":80", ":99999", "aliyun cs ", "POST /clusters/c1/nodepools ", "--body ",
    "CreateClusterNodePool ", "data:", "a: ", "\ud800", "\udcff",
)  # fmt: skip
_LONG = 3_000


def word(random: Random) -> str:
    """Return a string; one in a thousand repeats a piece many times."""
    chosen = random.choices(PIECES, k=random.choice((1, 2, 3, 5, 8, 13)))
    if random.random() < 0.001:
        at = random.randrange(len(chosen))
        chosen[at] *= _LONG // len(chosen[at])
    return "".join(chosen)


def _refused_at_most(read: Callable[[str], object], text: str) -> None:
    with suppress(InputError):
        read(text)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _matches(text: str) -> None:
    for pattern in patterns(".", [text]):
        pattern.matches("a/b/c.yaml")


KNOWN = ("eniTrunking", "ecs.g8i.8xlarge", "vSwitchIds")
READERS: tuple[Callable[[str], object], ...] = (
    plain_scalar,
    numbers.quantity,
    numbers.whole,
    numbers.go_duration,
    lambda text: rollout("Deployment", {"rollingUpdate": {"maxSurge": text}}, 10),
    lambda text: _refused_at_most(partial(_parsed, "a"), text),
    range_from,
    terway,
    kubernetes,
    names.label_key_problem,
    names.label_value_problem,
    names.is_subdomain,
    names.is_dns_label,
    lambda text: names.name_problem("StatefulSet", text),
    lambda text: _pattern(text).fullmatch("a/b/c.yaml"),
    _matches,
    endpoint_problem,
    is_region,
    lambda text: _Configured({"configuration": {"root_module": {}}}).expressions(text),
    lambda text: did_you_mean(text, KNOWN),
    printable,
    json_text,
    shell.commands,
    lambda text: jq.printed([[Part(word, 0)] for word in ("jq", "-n", text)], lambda _: None, None),
    lambda text: [*markdown.blocks(text)],
    lambda text: is_worth(_bytes(text)),
    lambda text: _refused_at_most(lambda found: read_script("a.sh", _bytes(found)), text),
    lambda text: _refused_at_most(lambda found: read_documents("a.yaml", _bytes(found)), text),
    lambda text: _refused_at_most(lambda found: read_documents("a.json", _bytes(found)), text),
)


def read_one(seed: int, number: int) -> None:
    """Run one parser on one string."""
    random = Random(f"strings {seed} {number}")  # noqa: S311 - must be reproducible
    READERS[number % len(READERS)](word(random))
