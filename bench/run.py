"""Measure the start-up and throughput budgets: medians of whole processes, and ratios from one run on one machine.

Run it with `./dev bench`. It only prints and never fails because something is slow: a timed test would fail on every
busy machine. See bench/README.md for how to read the output.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from measure import Command, FailedError, clean_env, measure

if TYPE_CHECKING:
    from collections.abc import Callable

BENCH = Path(__file__).resolve().parent
REPO = BENCH.parent
BIN = Path(sys.executable).parent
ONE_POOL = "examples/trading-ipv4.yaml"
FILES, FILES_OF_A_TENTH, POOLS = 1000, 100, 10
NODES, PODS_PER_NODE = 5000, 10


class Budget(NamedTuple):
    """A limit, and how to measure it."""

    text: str
    limit: float
    value: Callable[[], float]
    unit: str = ""


def eniplan(*args: str) -> list[str]:
    """Return the command line of the installed program with its launcher script, as users run it."""
    return [str(BIN / "eniplan"), *args]


def by_cpu(command: Command, yardstick: Command) -> Callable[[], float]:
    """Compare CPU time: start-up uses one core, and other programs disturb CPU time least."""
    return lambda: command.median.cpu / yardstick.median.cpu


def by_wall(command: Command, yardstick: Command) -> Callable[[], float]:
    """Compare wall time: what a user waits for, with any number of cores."""
    return lambda: command.median.wall / yardstick.median.wall


def startup(runs: int, folder: Path) -> tuple[list[Command], list[Budget]]:
    """Measure the cost of starting eniplan."""
    (folder / "plan.schema.json").write_bytes(subprocess.check_output(eniplan("schema"), env=clean_env()))
    python = Command("python -c pass", [sys.executable, "-c", "pass"])
    hello = Command("typer hello", [sys.executable, str(BENCH / "typer_hello.py")])
    version = Command("eniplan --version", eniplan("--version"))
    as_json = Command(f"eniplan check {ONE_POOL} --format json", eniplan("check", ONE_POOL, "--format", "json"))
    on_terminal = Command(
        f"eniplan check {ONE_POOL}, as on a terminal", eniplan("check", ONE_POOL), {"FORCE_COLOR": "1"}
    )
    line = {"_ENIPLAN_COMPLETE": "bash", "_ENIPLAN_LINE": "eniplan check --type ecs.g8i."}
    tab = Command("Tab behind check --type ecs.g8i.", eniplan(), line)
    commands = [python, hello, version, as_json, on_terminal, tab]
    budgets = [
        Budget("--version / python -c pass", 1.3, by_cpu(version, python)),
        Budget("check --format json / typer hello", 1.4, by_cpu(as_json, hello)),
        Budget("check on a terminal / typer hello", 1.9, by_cpu(on_terminal, hello)),
        # A typer "hello" takes 60 ms on an idle machine, so this is 150 ms there.
        Budget("Tab among 1,241 types / typer hello", 2.5, by_cpu(tab, hello)),
    ]
    if (BIN / "check-jsonschema").exists():
        schema = ["--schemafile", str(folder / "plan.schema.json")]
        other = Command(f"check-jsonschema {ONE_POOL}", [str(BIN / "check-jsonschema"), *schema, ONE_POOL])
        commands.append(other)
        budgets.append(Budget("check --format json / check-jsonschema", 0.4, by_cpu(as_json, other)))
    else:
        print("check-jsonschema is not installed: skipping the comparison with it")
    for name, *args in (("render-manifests",), ("create-pool", "--emit", "api")):
        emitted = Command(" ".join(("eniplan", name, ONE_POOL, *args)), eniplan(name, ONE_POOL, *args))
        commands.append(emitted)
        budgets.append(Budget(" ".join((name, *args, "/ typer hello")), 1.5, by_cpu(emitted, hello)))
    measure(commands, runs=runs, cwd=REPO)
    return commands, budgets


def bulk(runs: int, folder: Path) -> tuple[list[Command], list[Budget]]:
    """Measure the cost of many plans."""
    for name, files in (("all", FILES), ("tenth", FILES_OF_A_TENTH)):
        plans = [sys.executable, str(BENCH / "plans.py"), str(folder / name), str(files), str(POOLS)]
        subprocess.run(plans, env=clean_env(), check=True)
    load = Command(
        f"PyYAML's C loader alone, {FILES:,} files", [sys.executable, str(BENCH / "load_yaml.py"), str(folder / "all")]
    )
    everything, tenth = (
        Command(
            f"eniplan check, {files:,} files, {files * POOLS:,} pools",
            eniplan("check", str(folder / name), "--format", "json"),
        )
        for name, files in (("all", FILES), ("tenth", FILES_OF_A_TENTH))
    )
    commands = [load, everything, tenth]
    measure(commands, runs=runs, cwd=REPO)
    return commands, [
        Budget(f"check of {FILES * POOLS:,} pools / PyYAML's C loader", 2, by_wall(everything, load)),
        Budget(f"memory of a check of {FILES * POOLS:,} pools", 150, lambda: everything.median.rss, " MB"),
        Budget("ten times the input / the input", 11, by_wall(everything, tenth)),
    ]


def cluster(runs: int, folder: Path) -> tuple[list[Command], list[Budget]]:
    """Measure the cost of a large cluster."""
    for name, nodes in (("all", NODES), ("tenth", NODES // 10)):
        dump = [sys.executable, str(BENCH / "clusters.py"), str(folder / name), str(nodes), str(nodes * PODS_PER_NODE)]
        subprocess.run(dump, env=clean_env(), check=True)
    everything, tenth = (
        Command(
            f"eniplan verify, {nodes:,} nodes, {nodes * PODS_PER_NODE:,} pods, {megabytes(folder / name)} MB",
            eniplan("verify", "--from", str(folder / name), "--format", "json"),
        )
        for name, nodes in (("all", NODES), ("tenth", NODES // 10))
    )
    commands = [everything, tenth]
    measure(commands, runs=runs, cwd=REPO)
    more = NODES * 9 // 10 * (1 + PODS_PER_NODE)
    return commands, [
        Budget("seconds for the dump of a cluster", 30, lambda: everything.median.wall, " s"),
        Budget("memory per node and pod", 2, lambda: (everything.median.rss - tenth.median.rss) * 1000 / more, " kB"),
        Budget("ten times the cluster / the cluster", 11, by_wall(everything, tenth)),
    ]


def folders(runs: int, folder: Path) -> tuple[list[Command], list[Budget]]:
    """Measure the cost of large repositories with few files for eniplan."""
    written = [sys.executable, str(BENCH / "repositories.py"), str(folder)]
    subprocess.run(written, env=clean_env(), check=True)
    commands = [Command(f"eniplan check {path.name}", eniplan("check", str(path))) for path in sorted(folder.iterdir())]
    measure(commands, runs=runs, cwd=REPO)
    each = [command.median for command in commands]
    return commands, [
        Budget("seconds for 10,000 files of 100 MB, the slowest", 10, lambda: max(one.cpu for one in each), " s"),
        Budget("memory for them, the largest", 200, lambda: max(one.rss for one in each), " MB"),
    ]


def terraform(runs: int, folder: Path) -> tuple[list[Command], list[Budget]]:
    """Measure the cost of Terraform plans and HCL."""
    written = [sys.executable, str(BENCH / "terraform.py"), str(folder)]
    subprocess.run(written, env=clean_env(), check=True)
    names = ("one.tf", "pools-2000", "pools-20000", "others", "plan-3000.json", "plan-12000.json")
    named = {name: Command(f"eniplan check {name}", eniplan("check", str(folder / name))) for name in names}
    hello = Command("typer hello", [sys.executable, str(BENCH / "typer_hello.py")])
    measure([hello, *named.values()], runs=runs, cwd=REPO)
    return [hello, *named.values()], [
        Budget("one pool of HCL / typer hello", 1.6, by_cpu(named["one.tf"], hello)),
        Budget("seconds for 2,000 pools of HCL", 1.2, lambda: named["pools-2000"].median.cpu, " s"),
        Budget("ten times the pools of HCL / the pools", 10, by_cpu(named["pools-20000"], named["pools-2000"])),
        Budget("seconds for one pool among 10,000 resources", 1, lambda: named["others"].median.cpu, " s"),
        Budget("seconds for a Terraform plan of 3,000 pools", 1.5, lambda: named["plan-3000.json"].median.cpu, " s"),
        Budget("four times the plan / the plan", 4, by_cpu(named["plan-12000.json"], named["plan-3000.json"])),
    ]


def megabytes(file: Path) -> int:
    """Return the size of a file in MB."""
    return file.stat().st_size // 1_000_000


def show(commands: list[Command], budgets: list[Budget]) -> None:
    """Print the medians, then the budgets."""
    width = max(len(command.name) for command in commands)
    print(f"\n{'':{width}}  {'cpu ms':>9}  {'wall ms':>9}  {'peak MB':>8}")
    for command in commands:
        cpu, wall, rss = command.median
        print(f"{command.name:{width}}  {cpu * 1000:9.1f}  {wall * 1000:9.1f}  {rss:8.1f}")
    width = max(len(budget.text) for budget in budgets)
    print(f"\n{'':{width}}  {'measured':>9}  {'budget':>9}")
    for text, limit, value, unit in budgets:
        verdict = "ok" if value() <= limit else "over"
        print(f"{text:{width}}  {value():9.2f}  {limit:9g}  {verdict}{unit and f' ({unit.strip()})'}")


PARTS = ("startup", "bulk", "cluster", "folders", "terraform")


def main() -> int:
    """Measure and print; return 1 if a measurement failed, never because something was slow."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", nargs="?", choices=list(PARTS), help="only this part; default all")
    parser.add_argument("--runs", type=int, default=21, help="runs of each start-up command (default 21)")
    parser.add_argument("--bulk-runs", type=int, default=11, help="runs over the many plans (default 11)")
    parser.add_argument("--folder-runs", type=int, default=3, help="runs over folders and Terraform (default 3)")
    parser.add_argument("--cluster-runs", type=int, default=3, help="runs over the large cluster (default 3)")
    options = parser.parse_args()
    launcher = BIN / "eniplan"
    if not launcher.exists():
        print(f"there is no eniplan in {BIN}: run `./dev setup` or `./dev bench`", file=sys.stderr)
        return 1
    if "import re\n" in launcher.read_text(encoding="utf-8"):
        print("pip older than 25.2 wrote eniplan's launcher, which imports re at every start")
    parts = {
        "startup": (startup, options.runs),
        "bulk": (bulk, options.bulk_runs),
        "cluster": (cluster, options.cluster_runs),
        "folders": (folders, options.folder_runs),
        "terraform": (terraform, options.folder_runs),
    }
    for name, (part, runs) in parts.items():
        if options.part in (None, name):
            with tempfile.TemporaryDirectory(prefix="eniplan-bench-") as folder:
                try:
                    show(*part(runs, Path(folder)))
                except FailedError as error:
                    print(error, file=sys.stderr)
                    return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
