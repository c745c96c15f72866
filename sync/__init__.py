"""Moves data: pull, recalculate, write back. The only orchestrator."""
