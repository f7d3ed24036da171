"""The user's own prices: which rows are some, and where it is told that one is not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eniplan.errors import InputError
from eniplan.inputs.prices import read_prices

if TYPE_CHECKING:
    from pathlib import Path

    from tests.harness import Run

A, B = "ecs.g8i.8xlarge", "ecs.g8i.12xlarge"


@pytest.mark.parametrize(
    "text",
    [
        f"{A},1.25\n{B},2\n",
        f"{A},1.25\r\n{B},2",
        f"type,price\n{A},1.25\n{B},2\n",
        f"InstanceType,CNY per hour,\n{A},1.25\n{B},2\n",
        f'\n  "{A}" , "1.25"\n\t{B},\t2 \n\n',
        f"\ufeff\u5b9e\u4f8b\u89c4\u683c,\u4ef7\u683c\n{A},1.25\n{B},2.0\n",
    ],
)
def test_rows(text: str) -> None:
    assert read_prices("prices.csv", text.encode()) == {A: 1.25, B: 2.0}


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("", "", "no prices in this file"),
        ("type,price\n", "", "no prices in this file"),
        (f"{A}\n", ":1:1", "a row of prices has 2 cells, not 1"),
        (f"{A};1.25\n", ":1:1", "a row of prices has 2 cells, not 1"),
        (f"{A},1,25\n", ":1:19", "a row of prices has 2 cells, not 3"),
        (f"t,p\n{A},1\ng8i.8xlarge,1\n", ":3:1", "'g8i.8xlarge' is not an instance type"),
        (f"t,p\nt,p\n{A},1\n", ":2:1", "'t' is not an instance type"),
        (f"{A},1\nt,p\n", ":2:1", "'t' is not an instance type"),
        ("ecs.a b,1\n", ":1:1", "'ecs.a b' is not an instance type"),
        (f"{A},abc\n", ":1:17", f"the price of {A} is 'abc'; it must be a number, such as 1.25"),
        (f"{A}, \u00a51\n", ":1:18", f"the price of {A} is '\u00a51'; it must be a number, such as 1.25"),
        (f"{A},-1\n", ":1:17", f"the price of {A} is '-1'; it must be a number, such as 1.25"),
        (f"{A},1e3\n", ":1:17", f"the price of {A} is '1e3'; it must be a number, such as 1.25"),
        (f"{A},nan\n", ":1:17", f"the price of {A} is 'nan'; it must be a number, such as 1.25"),
        (f"{A},\n", ":1:17", f"the price of {A} is ''; it must be a number, such as 1.25"),
        (f"{A},1\n{B},1\n{A},2\n", ":3:1", f"{A} already has a price in line 1"),
        (f'"{A},1\n', ":1:1", "a row of prices has 2 cells, not 1"),
        (f'{A},"1" x\n', ":1:17", f"the price of {A} is '\"1\" x'; it must be a number, such as 1.25"),
    ],
)
def test_a_bad_row_is_told_at_its_place(text: str, place: str, message: str) -> None:
    with pytest.raises(InputError) as error:
        read_prices("prices.csv", text.encode())
    (problem, *more) = error.value.problems
    assert (str(problem.place), problem.message, more) == (f"prices.csv{place}", message, [])
    assert error.value.exit_code == 3


def test_each_bad_row_is_told() -> None:
    with pytest.raises(InputError) as error:
        read_prices("prices.csv", f"{A},x\n{B},1\n{B},y\n".encode())
    assert [str(problem.place) for problem in error.value.problems] == ["prices.csv:1:17", "prices.csv:3:18"]
    with pytest.raises(InputError) as error:
        read_prices("prices.csv", "\n".join(f"ecs.{n}.large,x" for n in range(1000)).encode())
    assert len(error.value.problems) < 200


@given(st.text(max_size=40) | st.text('",;\n ec.s12', max_size=40))
def test_any_text_is_prices_or_told(text: str) -> None:
    try:
        prices = read_prices("prices.csv", text.encode("utf-8", "replace"))
    except InputError:
        return
    assert prices
    assert all(price >= 0 for price in prices.values())


def test_the_least_price_of_a_pod_comes_first(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "prices.csv"
    file.write_text(f"type,price\n{A},14\n{B},7\necs.none.large,1\n")
    ask = ("instances", "--family", "ecs.g8i", "--price-file", file)
    done = run(*ask, "--format", "json", "--limit", "3")
    found = json.loads(done.out)["types"]
    assert [item["type"] for item in found[:2]] == [B, A]
    assert [item["pricePerPodHour"] for item in found] == [1, 2, None]
    assert f"note: {file} has prices of types that the specs lack: ecs.none.large\n" in done.err
    assert run(*ask, "--format", "names", "--sort", "vcpu").out.splitlines()[0] != B
    assert run("instances", "--family", "ecs.g8i", "--price-file", "-", "-f", "names", "-n", "1",
               stdin=file.read_bytes()).out == f"{B}\n"  # fmt: skip
    file.write_text(f"{A},\n")
    broken = run(*ask)
    assert (broken.code, broken.out) == (3, "")
    assert f"{file}:1:17: error: the price of {A} is ''; it must be a number" in broken.err
    assert run("instances", "--price-file", tmp_path / "none.csv").code == 3
    assert run(*ask, "--mode", "shared").code == 2
    assert run("instances", "--sort", "price").code == 2
    assert run("instances", "--min-eni-bandwidth", "0").code == 2
    assert run("instances", "--gpu-model", " ").code == 2


def test_bandwidth_of_an_eni(run: Run) -> None:
    done = run("instances", "--min-eni-bandwidth", "5", "--on-sale", "--format", "json", "--family", "ecs.g8i")
    found = json.loads(done.out)["types"]
    assert found
    assert all(item["gbpsPerEni"] >= 5 for item in found)
    none = run("instances", "--min-eni-bandwidth", "5", "--family", "ecs.i4")
    assert none.err.count("bandwidth per ENI unknown") == 1
