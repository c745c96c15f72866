"""The tables of the sales performance model, by subject. Migrations give exactly these; a test compares."""

from spm.tables.activities import Activity
from spm.tables.base import Base
from spm.tables.by_hand import Absence, Adjustment, DealLine, Entry, HierarchyEntry, Payment
from spm.tables.closing import AuditEntry, AuditHead, FrozenStatement, PeriodClose
from spm.tables.connections import SIGHTING, Connection, OpenProblem, StreamCursor, SyncRun
from spm.tables.deals import CustomField, Deal, DealSplit, DealVersion
from spm.tables.history import TRACKED, history_of
from spm.tables.outbox import OutboxRow, Written
from spm.tables.people import Membership, Participant, ParticipantLink
from spm.tables.reference import FxRate, Period, Plan, PlanAssignment, PlanVersion, Quota
from spm.tables.results import DealResult, DealStale, Dirty, EarningLine, Estimate, Statement

for _name in TRACKED:
    history_of(_name)

__all__ = [
    "SIGHTING",
    "Absence",
    "Activity",
    "Adjustment",
    "AuditEntry",
    "AuditHead",
    "Base",
    "Connection",
    "CustomField",
    "Deal",
    "DealLine",
    "DealResult",
    "DealSplit",
    "DealStale",
    "DealVersion",
    "Dirty",
    "EarningLine",
    "Entry",
    "Estimate",
    "FrozenStatement",
    "FxRate",
    "HierarchyEntry",
    "Membership",
    "OpenProblem",
    "OutboxRow",
    "Participant",
    "ParticipantLink",
    "Payment",
    "Period",
    "PeriodClose",
    "Plan",
    "PlanAssignment",
    "PlanVersion",
    "Quota",
    "Statement",
    "StreamCursor",
    "SyncRun",
    "Written",
]
