"""What users install works where they install it: wheel, sdist and editable, in empty environments.

The environments get exactly the packages that eniplan's metadata ask for, linked from the environment that
runs the tests. So nothing is downloaded, and a dependency that is used but not declared is missed.
"""

from __future__ import annotations

import json
import shutil
import sys
import tarfile
import venv
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import pytest
from packaging.requirements import Requirement

from tests.harness import EXAMPLES, REPO, clean_env, run_process
from tests.packages import link_packages

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("packaging")]

EXAMPLE = EXAMPLES / "trading-ipv4.yaml"
TYPES = 1241
"""How many instance types instance_specs/ holds."""


@dataclass(frozen=True, slots=True)
class Packages:
    """What has been built, and the folders from which the environments get other people's packages."""

    sdist: Path
    wheel: Path
    """Built from the sdist."""
    wheel_of_checkout: Path
    runtime: Path
    """What eniplan needs to run, and nothing else."""
    build: Path
    """What building eniplan needs."""
    home: Path


def command(*words: str | Path, home: Path, **env: str) -> str:
    """Run a program that must succeed and return its stdout."""
    result = run_process(list(map(str, words)), cwd=home, env=clean_env(home, env))
    assert result.code == 0, f"{words}\n{result.out}\n{result.err}"
    return result.out


def requirements_of(wheel: Path) -> list[Requirement]:
    with zipfile.ZipFile(wheel) as archive:
        metadata = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        text = archive.read(metadata).decode()
    fields = [line.partition(": ") for line in text.splitlines()]
    return [Requirement(value) for name, _, value in fields if name == "Requires-Dist"]


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Packages:
    root = tmp_path_factory.mktemp("packages")
    home = tmp_path_factory.mktemp("home")
    build = [sys.executable, "-m", "build", "--no-isolation"]
    # As is the default of `build`: the sdist first, then a wheel out of it.
    command(*build, "--outdir", root / "from-sdist", REPO, home=home)
    command(*build, "--wheel", "--outdir", root / "from-checkout", REPO, home=home)
    (wheel,) = (root / "from-sdist").glob("*.whl")
    (sdist,) = (root / "from-sdist").glob("*.tar.gz")
    (wheel_of_checkout,) = (root / "from-checkout").glob("*.whl")
    return Packages(
        sdist=sdist,
        wheel=wheel,
        wheel_of_checkout=wheel_of_checkout,
        runtime=link_packages(root / "runtime", requirements_of(wheel)),
        build=link_packages(root / "build", [Requirement("hatchling")]),
        home=home,
    )


@dataclass(frozen=True, slots=True)
class Environment:
    """An empty virtual environment outside the checkout, with the runtime packages and soon with eniplan."""

    folder: Path
    packages: Packages

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    def install(self, *what: str | Path) -> None:
        """Install without an index: all requirements must be met already, which pip checks."""
        command(
            *(sys.executable, "-m", "pip", "--isolated", "--python", self.python),
            *("install", "--no-index", "--no-build-isolation", "--disable-pip-version-check", *what),
            home=self.packages.home,
            # Only for the build: eniplan must run without it.
            PYTHONPATH=str(self.packages.build),
        )

    def location(self) -> Path:
        """Return where the environment finds eniplan, asked from outside the checkout."""
        code = "import eniplan; print(eniplan.__file__)"
        out = command(self.python, "-I", "-c", code, home=self.packages.home)
        return Path(out.strip()).resolve().parent

    def check(self, plan: Path) -> dict[str, object]:
        """Run the installed `eniplan check` from outside the checkout and return its report."""
        program = self.folder / "bin" / "eniplan"
        report = json.loads(command(program, "check", plan, "--format", "json", home=self.packages.home))
        assert isinstance(report, dict)
        return report


@pytest.fixture
def environment(tmp_path: Path, packages: Packages) -> Environment:
    folder = tmp_path / "venv"
    venv.create(folder, symlinks=True)
    made = Environment(folder, packages)
    (site_packages,) = folder.glob("lib/*/site-packages")
    (site_packages / "runtime.pth").write_text(f"{packages.runtime}\n", encoding="utf-8")
    return made


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    """Return a copy of the example, so that nothing can be found beside the original."""
    return Path(shutil.copy(EXAMPLE, tmp_path / "plan.yaml"))


def assert_clean(report: dict[str, object]) -> None:
    specs = report["specs"]
    assert isinstance(specs, dict)
    assert specs["types"] == TYPES
    assert report["exitCode"] == 0


@pytest.mark.parametrize("kind", ["wheel", "sdist"])
def test_installed_copy_runs(kind: str, environment: Environment, packages: Packages, plan: Path) -> None:
    environment.install(packages.wheel if kind == "wheel" else packages.sdist)
    assert environment.location().is_relative_to(environment.folder.resolve())
    assert_clean(environment.check(plan))
    by_script = command(environment.folder / "bin" / "eniplan", "--version", home=packages.home)
    by_module = command(environment.python, "-m", "eniplan", "--version", home=packages.home)
    assert by_script == by_module


def test_editable_install_runs(environment: Environment, plan: Path) -> None:
    environment.install("--editable", REPO)
    assert environment.location() == REPO / "src" / "eniplan"
    assert_clean(environment.check(plan))
    # A copy of the data in the environment would hide later edits in the checkout.
    assert not list(environment.folder.glob("lib/*/site-packages/eniplan"))


def contents(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_checkout_and_sdist_give_the_same_wheel(packages: Packages) -> None:
    assert contents(packages.wheel_of_checkout) == contents(packages.wheel)


def test_wheel_holds_the_code_and_the_data_and_nothing_else(packages: Packages) -> None:
    names = set(contents(packages.wheel))
    tops = {PurePosixPath(name).parts[0] for name in names}
    assert {"eniplan"} == {top for top in tops if not top.endswith(".dist-info")}
    assert "eniplan/py.typed" in names
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)
    for folder in ("instance_specs", "templates"):
        packed = {name for name in names if name.startswith(f"eniplan/_data/{folder}/")}
        # The data is built in the checkout: what it is built from, and by what, stays there.
        own = {
            name
            for name in committed(folder)
            if not name.startswith(("instance_specs/inputs/", "instance_specs/build"))
        }
        assert packed == {f"eniplan/_data/{name}" for name in own}


def committed(*folders: str) -> set[str]:
    """Return the files of folders of the checkout, without what is ignored by git (caches)."""
    paths = [path.relative_to(REPO) for folder in folders for path in (REPO / folder).rglob("*") if path.is_file()]
    return {path.as_posix() for path in paths if "__pycache__" not in path.parts}


def test_sdist_holds_what_is_needed_to_work_on_it(packages: Packages) -> None:
    with tarfile.open(packages.sdist) as archive:
        # Behind the one folder that everything is in.
        names = {name.partition("/")[2] for name in archive.getnames()}
    files = {
        ".pre-commit-hooks.yaml",
        "Containerfile",
        "action.yml",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "LICENSE",
        "README.md",
        "dev",
        "pyproject.toml",
        ".ci/run",
    }
    assert files <= names
    wanted = committed("bench", "docs", "examples", "instance_specs", "src", "templates", "tests")
    assert wanted <= names
    assert not any(name.startswith((".venv", ".git/", "dist")) for name in names)
