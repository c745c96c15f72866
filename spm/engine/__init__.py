"""The calculation of credits, earnings, statements and estimates: pure functions on Polars frames."""

from spm.engine.calculation import calculate
from spm.engine.digests import hashes

__all__ = ["calculate", "hashes"]
