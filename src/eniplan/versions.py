"""Versions of Terway and ACK; neither semver nor PEP 440.

Seen in the wild: `v1.16.4`, `1.13.6`, `v1.17.0-d7c63c9e` (development build of v1.17.0),
`v1.0.10.389-g9172b6c-aliyun` (four numeric parts), `v1.2.0-rc.1` (older than v1.2.0), `v1.5.0-policy`,
`1.34.3-aliyun.1`, a bare commit hash, and whole image references with a registry port or a digest.
Source: Terway tests/utils_test.go at commit 89aadf8b; ACK release notes.
"""

from __future__ import annotations

import re

from eniplan.values import NamedTuple

# Patterns and not compiled ones: compiling what one run does not use would cost every start.
_RELEASE = r"v?(\d{1,9}(?:\.\d{1,9}){2,})(?:[-+](.+))?"
_PRE = r"(?:alpha|beta|rc)[.-]?(\d{1,9})?(?:[.-].*)?"
_KUBERNETES = r"v?(\d{1,9})\.(\d{1,9})(?:\.\d{1,9})?(?:[-+].*)?"
# The tag of an image: behind the last colon, unless that colon is a registry's port (a slash follows it).
_TAG = r"[^\s@]*/[^\s@/]+:([^\s/@:]+)(?:@sha\d+:[0-9a-fA-F]+)?"


class TerwayVersion(NamedTuple):
    """A Terway version; plain tuple comparison orders two of them."""

    release: tuple[int, ...]
    """The numeric parts without trailing zeros, so that 1.11 equals 1.11.0."""
    final: bool = True
    """False for `-rc.N` and the like, which are older than the release itself."""
    pre: int = 0
    """N of `-rc.N`."""

    def __str__(self) -> str:
        """Return `v1.2.3`, with at least three parts."""
        parts = self.release + (0,) * (3 - len(self.release))
        return "v" + ".".join(map(str, parts)) + ("" if self.final else f"-rc.{self.pre}")


def terway(text: str) -> TerwayVersion | None:
    """Read a Terway version or an image reference; None if it has no version.

    A bare commit hash is None as well: Terway's own tests take it for new enough, which nobody can prove here.
    """
    text = text.strip()
    tag = re.fullmatch(_TAG, text) if "/" in text else None
    match = re.fullmatch(_RELEASE, tag[1] if tag else text, re.ASCII)
    if match is None:
        return None
    release = tuple(map(int, match[1].split(".")))
    while release and release[-1] == 0:
        release = release[:-1]
    pre = re.fullmatch(_PRE, match[2], re.IGNORECASE | re.ASCII) if match[2] else None
    if pre is None:
        return TerwayVersion(release)
    return TerwayVersion(release, final=False, pre=int(pre[1] or 0))


def kubernetes(text: str) -> tuple[int, int] | None:
    """Read major and minor of a Kubernetes version such as `1.34.3-aliyun.1`; None when unreadable."""
    match = re.fullmatch(_KUBERNETES, text.strip(), re.ASCII)
    return (int(match[1]), int(match[2])) if match else None
