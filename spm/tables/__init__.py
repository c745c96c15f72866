"""The tables of the sales performance model, by subject. Migrations give exactly these; a test compares."""

from spm.tables.activities import Activity
from spm.tables.base import Base
from spm.tables.connections import SIGHTING, Connection, OpenProblem, StreamCursor, SyncRun
from spm.tables.deals import CustomField, Deal, DealSplit, DealVersion
from spm.tables.outbox import OutboxRow, Written
from spm.tables.people import Participant, ParticipantLink
from spm.tables.reference import FxRate, Period, Plan, PlanAssignment, PlanVersion, Quota
from spm.tables.results import DealResult, Dirty, EarningLine, Estimate, Statement

__all__ = [
    "SIGHTING",
    "Activity",
    "Base",
    "Connection",
    "CustomField",
    "Deal",
    "DealResult",
    "DealSplit",
    "DealVersion",
    "Dirty",
    "EarningLine",
    "Estimate",
    "FxRate",
    "OpenProblem",
    "OutboxRow",
    "Participant",
    "ParticipantLink",
    "Period",
    "Plan",
    "PlanAssignment",
    "PlanVersion",
    "Quota",
    "Statement",
    "StreamCursor",
    "SyncRun",
    "Written",
]
