"""What is installed from a wheel has every file that Attain opens: defaults, migrations, examples."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SETUPTOOLS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
PACKAGES = sorted(pattern.rstrip("*") for pattern in SETUPTOOLS["packages"]["find"]["include"])
DATA = sorted(
    path.relative_to(ROOT)
    for package in PACKAGES
    for path in (ROOT / package).rglob("*")
    if path.is_file() and path.suffix not in (".py", ".pyc")
)


def test_there_are_files_to_look_for() -> None:
    assert {path.parts[0] for path in DATA} == {"examples", "mappings", "spm"}


@pytest.mark.parametrize("path", DATA, ids=str)
def test_file_beside_the_code_is_in_the_wheel(path: Path) -> None:
    package = path.parts[0]
    wanted = {found for pattern in SETUPTOOLS["package-data"][package] for found in (ROOT / package).glob(pattern)}
    assert ROOT / path in wanted
