"""Make what krew needs of a release: an archive with the plugin, and the manifest that names it.

`./dev krew URL` calls it; URL is where the archive of this version will lie. krew installs no Python packages, so the
plugin is a launcher: it runs the installed eniplan, or says how to install it.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import runpy
import sys
import tarfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DIST = ROOT / "dist"
LAUNCHER = """\
#!/bin/sh
if command -v kubectl-eniplan >/dev/null 2>&1 && [ "$(command -v kubectl-eniplan)" != "$0" ]; then
    exec kubectl-eniplan "$@"
fi
for python in python3 python; do
    if "$python" -c 'import eniplan' 2>/dev/null; then
        exec "$python" -m eniplan "$@"
    fi
done
echo "kubectl eniplan runs the Python package of this name: pip install eniplan==VERSION" >&2
exit 2
"""
MANIFEST = """\
apiVersion: krew.googlecontainertools.github.com/v1alpha2
kind: Plugin
metadata:
  name: eniplan
spec:
  version: v{version}
  homepage: {home}
  shortDescription: Check and prove exclusive-ENI node pools
  description: |
    Checks plans, Terraform and manifests of Alibaba Cloud ACK clusters with Terway
    for exclusive-ENI node pools, and proves on the running cluster that they took.
  caveats: |
    Needs Python 3.11 or newer and the package: pip install eniplan=={version}
  platforms:
    - selector:
        matchExpressions:
          - {{key: os, operator: In, values: [darwin, linux]}}
      uri: {url}
      sha256: {digest}
      bin: kubectl-eniplan
      files:
        - {{from: kubectl-eniplan, to: .}}
        - {{from: LICENSE, to: .}}
"""


def archive(version: str) -> bytes:
    """Return the archive: the same bytes for the same version."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for name, data, mode in (
            ("kubectl-eniplan", LAUNCHER.replace("VERSION", version).encode(), 0o755),
            ("LICENSE", (ROOT / "LICENSE").read_bytes(), 0o644),
        ):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(data), mode
            tar.addfile(entry, io.BytesIO(data))
    return gzip.compress(packed.getvalue(), mtime=0)


def main() -> int:
    """Write both into dist/; return the exit code."""
    if len(sys.argv) != 2 or not sys.argv[1].startswith("https://"):  # noqa: PLR2004 - the program and one argument
        sys.stderr.write("usage: ./dev krew https://.../kubectl-eniplan.tar.gz\n")
        return 2
    url = sys.argv[1]
    version = str(runpy.run_path(str(ROOT / "src" / "eniplan" / "_version.py"))["__version__"])
    data = archive(version)
    DIST.mkdir(exist_ok=True)
    (DIST / "kubectl-eniplan.tar.gz").write_bytes(data)
    home = url.split("/releases/")[0]
    text = MANIFEST.format(version=version, home=home, url=url, digest=hashlib.sha256(data).hexdigest())
    (DIST / "eniplan.yaml").write_text(text, encoding="utf-8")
    sys.stderr.write("wrote dist/kubectl-eniplan.tar.gz and dist/eniplan.yaml\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
