"""How values look in JSON and how the database holds them.

Numbers with decimals are integers of their smallest unit (cents for an amount), so that nothing is ever rounded on
the way; they are written as Salesforce writes them, which is Java's way: 1500.0, 1500.1, and 1.2345678E7 from ten
million on (help article 000385889). Times are text in UTC in the form Salesforce shows, which sorts as time does.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from sandbox.salesforce.errors import RowError
from sandbox.salesforce.ids import normal_id
from sandbox.salesforce.schema import Field

Stored = str | int | None
_LARGEST_INT = 2**31
_TOO_LARGE = 10**19  # for any field; not scaled, so that no huge exponent is multiplied out


def number_text(stored: int, scale: int) -> str:
    """The number as Java's Double.toString would write it, from its digits: exact at any size."""
    digits = str(abs(stored))
    sign = "-" if stored < 0 else ""
    exponent = len(digits) - scale - 1
    if stored and not -3 <= exponent < 7:
        significant = digits.rstrip("0")
        return f"{sign}{significant[0]}.{significant[1:] or '0'}E{exponent}"
    padded = digits.zfill(scale + 1)
    whole, fraction = padded[: len(padded) - scale], padded[len(padded) - scale :]
    return f"{sign}{whole}.{fraction.rstrip('0') or '0'}"


def moment_text(moment: datetime) -> str:
    """A time as Salesforce shows it: 2026-01-01T00:00:00.000+0000."""
    moment = moment.astimezone(UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}+0000"


def moment_from(text: str) -> datetime:
    """A time as JSON brings it, aware; without an offset it is UTC. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def stored(field: Field, value: object) -> Stored:
    """A JSON value as the database holds it. Raises RowError, worded as Salesforce does."""
    if value is None or (value == "" and field.type != "boolean"):
        return _nothing(field)
    if field.is_number:
        return _stored_number(field, value)
    if field.is_text:
        return _stored_text(field, value)
    return _OTHERS[field.type](field, value)


def _nothing(field: Field) -> Stored:
    if field.type == "boolean":
        raise RowError("INVALID_TYPE_ON_FIELD_IN_RECORD", f"{field.label}: value not of required type: ", (field.name,))
    if not field.nillable and not field.defaulted:
        raise RowError("REQUIRED_FIELD_MISSING", f"Required fields are missing: [{field.name}]", (field.name,))
    return None


def _unreadable(field: Field, value: object) -> RowError:
    kind = {str: "STRING", bool: "TRUE" if value else "FALSE", dict: "OBJECT", list: "ARRAY"}.get(type(value), "NUMBER")
    wanted = {"datetime": "datetime", "date": "date", "boolean": "boolean"}.get(field.type, field.type)
    return RowError(
        "JSON_PARSER_ERROR",
        f"Cannot deserialize instance of {wanted} from VALUE_{kind} value {value} or request may be missing a "
        "required field at [line:1, column:1]",
        (field.name,),
    )


def _stored_number(field: Field, value: object) -> int:
    amount = _decimal(field, value)
    scaled = amount.scaleb(field.scale).to_integral_value(ROUND_HALF_UP) if abs(amount) < _TOO_LARGE else amount
    if abs(scaled) >= 10**field.precision:
        message = f"{field.label}: value outside of valid range on numeric field: {value}"
        raise RowError("NUMBER_OUTSIDE_VALID_RANGE", message, (field.name,))
    return int(scaled)


def _decimal(field: Field, value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, (str, int, float, Decimal)):
        raise _unreadable(field, value)
    try:
        amount = Decimal(str(value))
    except InvalidOperation as error:
        raise _unreadable(field, value) from error
    if not amount.is_finite():
        raise _unreadable(field, value)
    return amount


def _stored_text(field: Field, value: object) -> str:
    if isinstance(value, (dict, list)):
        raise _unreadable(field, value)
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if len(text) > field.length:
        message = f"{field.label}: data value too large: {text} (max length={field.length})"
        raise RowError("STRING_TOO_LONG", message, (field.name,))
    if field.restricted and text not in field.choices:
        message = f"{field.label}: bad value for restricted picklist field: {text}"
        raise RowError("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message, (field.name,))
    return text


def _stored_bool(field: Field, value: object) -> int:
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return int(value.lower() == "true")
    raise _unreadable(field, value)


def _stored_int(field: Field, value: object) -> int:
    amount = _decimal(field, value)
    if amount != amount.to_integral_value():
        raise _unreadable(field, value)
    if abs(amount) >= _LARGEST_INT:
        message = f"{field.label}: value outside of valid range on numeric field: {value}"
        raise RowError("NUMBER_OUTSIDE_VALID_RANGE", message, (field.name,))
    return int(amount)


def _stored_date(field: Field, value: object) -> str:
    try:
        return date.fromisoformat(str(value)[:10]).isoformat()
    except ValueError as error:
        raise _unreadable(field, value) from error


def _stored_moment(field: Field, value: object) -> str:
    try:
        return moment_text(moment_from(str(value)))
    except ValueError as error:
        raise _unreadable(field, value) from error


def _stored_id(field: Field, value: object) -> str:
    record_id = normal_id(value)
    if record_id is None:
        raise RowError("MALFORMED_ID", f"{field.label}: id value of incorrect type: {value}", (field.name,))
    return record_id


_OTHERS: dict[str, Callable[[Field, object], Stored]] = {
    "boolean": _stored_bool,
    "int": _stored_int,
    "date": _stored_date,
    "datetime": _stored_moment,
    "id": _stored_id,
    "reference": _stored_id,
}
