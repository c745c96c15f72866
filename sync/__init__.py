"""Moves data: pull, recalculate, write back. The only orchestrator.

Every step reads its tables, commits its result with the mark of the next step, and changes nothing when repeated.
"""
