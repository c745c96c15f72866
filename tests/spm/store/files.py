"""CSV files for tests."""

from collections.abc import Sequence
from pathlib import Path

from problems import Problem


def written(folder: Path, *lines: str, name: str = "file.csv") -> list[Path]:
    """A file of these lines."""
    path = folder / name
    path.write_text("\n".join(lines), "utf-8")
    return [path]


def told(problems: Sequence[Problem], folder: Path) -> list[str]:
    """Problems as people read them, without the folder."""
    return [str(problem).replace(f"{folder}/", "") for problem in problems]
