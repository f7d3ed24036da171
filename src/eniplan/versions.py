"""Versions of Terway and ACK; neither semver nor PEP 440.

Forms in use: `v1.16.4`, `1.13.6`, `v1.17.0-d7c63c9e` (development build of v1.17.0),
`v1.0.10.389-g9172b6c-aliyun` (four numeric parts), `v1.2.0-rc.1` (older than v1.2.0), `v1.5.0-policy`,
`1.34.3-aliyun.1`, a bare commit hash, and whole image references with a registry port or a digest.
Source: Terway tests/utils_test.go at commit 89aadf8b; ACK release notes.
"""

from __future__ import annotations

import re

from eniplan.values import NamedTuple

# Not compiled here: every start would pay for patterns that few runs use.
_RELEASE = r"v?(\d{1,9}(?:\.\d{1,9}){2,})(?:[-+](.+))?"
_PRE = r"(?:alpha|beta|rc)[.-]?(\d{1,9})?(?:[.-].*)?"
_KUBERNETES = r"v?(\d{1,9})\.(\d{1,9})(?:\.\d{1,9})?(?:[-+].*)?"
# The tag of an image: the text after the last colon, unless that colon precedes a registry's port (a slash follows).
_TAG = r"[^\s@]*/[^\s@/]+:([^\s/@:]+)(?:@sha\d+:[0-9a-fA-F]+)?"


class TerwayVersion(NamedTuple):
    """A Terway version. Tuple comparison orders versions."""

    release: tuple[int, ...]
    """The numeric parts without trailing zeros, so that 1.11.0 equals 1.11.0.0."""
    final: bool = True
    """False for pre-releases (`-alpha`, `-beta`, `-rc`), which are older than the release itself."""
    pre: int = 0
    """N of `-rc.N`."""

    def __str__(self) -> str:
        """Return `v1.2.3`, with at least three parts."""
        parts = self.release + (0,) * (3 - len(self.release))
        return "v" + ".".join(map(str, parts)) + ("" if self.final else f"-rc.{self.pre}")


def terway(text: str) -> TerwayVersion | None:
    """Parse a Terway version or image reference; None if it has no version.

    A bare commit hash has none. Terway's own tests accept hashes as new enough, but nothing here can prove that.
    """
    match = _match(text)
    if match is None:
        return None
    release = tuple(map(int, match[1].split(".")))
    while release and release[-1] == 0:
        release = release[:-1]
    pre = re.fullmatch(_PRE, match[2], re.IGNORECASE | re.ASCII) if match[2] else None
    if pre is None:
        return TerwayVersion(release)
    return TerwayVersion(release, final=False, pre=int(pre[1] or 0))


def _match(text: str) -> re.Match[str] | None:
    """Match the numbers of a version, and what follows them."""
    text = text.strip()
    tag = re.fullmatch(_TAG, text) if "/" in text else None
    return re.fullmatch(_RELEASE, tag[1] if tag else text, re.ASCII)


def agree(stated: str, found: str) -> bool:
    """Return whether two versions are one, as far as both state it: `1.34` is `v1.34.3-aliyun.1`."""
    if f"{found.removeprefix('v')}.".startswith(f"{stated.removeprefix('v')}."):
        return True
    builds = {match[2] or "" for match in map(_match, (stated, found)) if match is not None}
    ours = terway(stated)
    return ours is not None and ours == terway(found) and (len(builds) == 1 or "" in builds)


def kubernetes(text: str) -> tuple[int, int] | None:
    """Parse major and minor of a Kubernetes version such as `1.34.3-aliyun.1`; None if malformed."""
    match = re.fullmatch(_KUBERNETES, text.strip(), re.ASCII)
    return (int(match[1]), int(match[2])) if match else None
