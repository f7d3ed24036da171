"""Third-party packages for new environments without a download: links to the packages that run the tests."""

from __future__ import annotations

import importlib.metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


def link_packages(folder: Path, requirements: list[Requirement]) -> Path:
    """Fill a folder with links to the installed distributions of the requirements and their dependencies."""
    folder.mkdir()
    pending = [(requirement, "") for requirement in requirements]
    seen = set()
    while pending:
        requirement, extra = pending.pop()
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": extra}):
            continue
        for wanted in ("", *requirement.extras):
            if (key := (canonicalize_name(requirement.name), wanted)) in seen:
                continue
            seen.add(key)
            distribution = importlib.metadata.distribution(requirement.name)
            pending += [(Requirement(text), wanted) for text in distribution.requires or ()]
            for top in {file.parts[0] for file in distribution.files or ()} - {"..", "__pycache__"}:
                link = folder / top
                if not link.exists():
                    link.symlink_to(Path(str(distribution.locate_file(top))))
    return folder
