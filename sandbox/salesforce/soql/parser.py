"""SOQL by recursive descent. Grammar: SOQL and SOSL Reference, Salesforce; what is not there is MALFORMED_QUERY."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import TypeVar

from sandbox.salesforce.errors import ApiError
from sandbox.salesforce.soql.syntax import (
    Call,
    Comparison,
    Condition,
    Every,
    FieldSet,
    Literal,
    Membership,
    Negation,
    Order,
    Path,
    Query,
    Relative,
    Some,
)
from sandbox.salesforce.soql.tokens import Token, tokens, unquoted

_AGGREGATES = frozenset({"count", "count_distinct", "sum", "avg", "min", "max"})
_COMPARISONS = {"=": "=", "!=": "!=", "<>": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">=", "like": "LIKE"}
_CLAUSES = frozenset({"where", "with", "group", "having", "order", "limit", "offset", "for", "using", "all", "update"})
_MOST_CHARACTERS = 100_000
_Item = TypeVar("_Item")


def parse(text: str) -> Query:
    """The syntax tree of a query. Raises ApiError MALFORMED_QUERY at the first token that does not fit."""
    if len(text) > _MOST_CHARACTERS:
        raise ApiError(400, "QUERY_TOO_COMPLICATED", "SOQL statements cannot be longer than 100,000 characters.")
    parser = _Parser(text)
    query = parser.query()
    parser.expect_end()
    return query


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens = list(tokens(text))
        self._next = 0

    @property
    def _token(self) -> Token:
        return self._tokens[self._next]

    def _take(self) -> Token:
        token = self._token
        self._next += token.kind != "end"
        return token

    def _accept(self, *words: str) -> bool:
        """Take these words if they come next, all of them."""
        ahead = [token.word for token in self._tokens[self._next : self._next + len(words)]]
        if ahead != list(words):
            return False
        self._next += len(words)
        return True

    def _expect(self, word: str) -> Token:
        if self._token.word != word:
            raise self._unexpected(word)
        return self._take()

    def _unexpected(self, wanted: str | None = None) -> ApiError:
        token = self._token
        if token.kind == "end":
            what = f"expecting '{wanted}', found 'EOF'" if wanted else "unexpected token: '<EOF>'"
        else:
            what = f"unexpected token: '{token.text}'"
        return token.place.error("MALFORMED_QUERY", what)

    def _name(self) -> Token:
        if self._token.kind != "name":
            raise self._unexpected()
        return self._take()

    def expect_end(self) -> None:
        if self._token.kind != "end":
            raise self._unexpected()

    def _list(self, item: Callable[[], _Item]) -> tuple[_Item, ...]:
        items = [item()]
        while self._accept(","):
            items.append(item())
        return tuple(items)

    def query(self) -> Query:
        place = self._expect("select").place
        selected = self._list(self._selected)
        self._expect("from")
        source = self._path()
        alias = self._alias()
        if self._accept("using", "scope"):
            self._name()
        where = self._condition() if self._accept("where") else None
        self._security()
        groups = self._list(self._path) if self._accept("group", "by") else ()
        having = self._condition() if self._accept("having") else None
        orders = self._list(self._order) if self._accept("order", "by") else ()
        limit = self._count() if self._accept("limit") else None
        offset = self._count() if self._accept("offset") else None
        while self._accept("for"):
            self._list(self._name)
        return Query(selected, source, alias, where, groups, having, orders, limit, offset, place)

    def _security(self) -> None:
        if self._accept("with") and self._name().word not in ("security_enforced", "user_mode", "system_mode"):
            self._next -= 1
            raise self._unexpected()

    def _alias(self) -> str | None:
        self._accept("as")
        if self._token.kind == "name" and self._token.word not in _CLAUSES:
            return self._take().text
        return None

    def _selected(self) -> Path | Call | FieldSet | Query:
        if self._accept("("):
            query = self.query()
            self._expect(")")
            return query
        call = self._call()
        if call is not None:
            return call
        if self._token.word == "fields" and self._tokens[self._next + 1].word == "(":
            return self._field_set()
        return self._path()

    def _field_set(self) -> FieldSet:
        place = self._take().place
        self._take()
        name = self._name()
        if name.word not in ("all", "standard", "custom"):
            self._next -= 1
            raise self._unexpected()
        self._expect(")")
        return FieldSet(name.word, place)

    def _call(self) -> Call | None:
        token = self._token
        if token.word not in _AGGREGATES or self._tokens[self._next + 1].word != "(":
            return None
        self._next += 2
        argument = None if self._token.word == ")" else self._path()
        self._expect(")")
        alias = self._take().text if self._token.kind == "name" and self._is_alias() else None
        return Call(token.word, argument, alias, token.place)

    def _is_alias(self) -> bool:
        """Whether the name that comes next names the aggregate before it, not the next clause."""
        return self._token.word not in (_CLAUSES | {"from", "asc", "desc", "nulls", "like", "in", "not", "and", "or"})

    def _path(self) -> Path:
        first = self._name()
        parts = [first.text]
        while self._accept("."):
            parts.append(self._name().text)
        if self._token.word == "(":
            raise self._unexpected()
        return Path(tuple(parts), first.place)

    def _order(self) -> Order:
        by = self._call() or self._path()
        descending = self._accept("desc")
        if not descending:
            self._accept("asc")
        nulls_last = False
        if self._accept("nulls"):
            nulls_last = self._accept("last")
            if not nulls_last:
                self._expect("first")
        return Order(by, descending, nulls_last)

    def _count(self) -> int:
        token = self._take()
        if token.kind != "number" or not token.text.isdigit():
            self._next -= token.kind != "end"
            raise self._unexpected()
        return int(token.text)

    def _condition(self) -> Condition:
        """Salesforce wants parentheses where AND and OR meet; `not` binds to the comparison after it."""
        first = self._negated()
        word = self._token.word
        if word not in ("and", "or"):
            return first
        parts = [first]
        while self._accept(word):
            parts.append(self._negated())
        if self._token.word in ("and", "or"):
            raise self._unexpected()
        return Every(tuple(parts)) if word == "and" else Some(tuple(parts))

    def _negated(self) -> Condition:
        if self._accept("not"):
            return Negation(self._negated())
        if self._accept("("):
            condition = self._condition()
            self._expect(")")
            return condition
        return self._comparison()

    def _comparison(self) -> Condition:
        left = self._call() or self._path()
        negated = self._accept("not")
        if (negated or self._token.word == "in") and isinstance(left, Path):
            self._expect("in")
            return Membership(left, self._choices(), negated)
        operator = _COMPARISONS.get(self._token.word)
        if operator is None:
            raise self._unexpected()
        self._take()
        return Comparison(left, operator, self._literal())

    def _choices(self) -> tuple[Literal, ...] | Query:
        self._expect("(")
        choices = self.query() if self._token.word == "select" else self._list(self._literal)
        self._expect(")")
        return choices

    def _literal(self) -> Literal:
        token = self._token
        reader = _LITERALS.get(token.kind)
        if reader is None:
            raise self._unexpected()
        self._take()
        try:
            return Literal(reader(token) if token.kind != "name" else self._word(token), token.place)
        except ValueError as error:
            raise token.place.error("MALFORMED_QUERY", f"line 1:{token.place.offset} {error}") from error

    def _word(self, token: Token) -> bool | Relative | None:
        if token.word in ("true", "false"):
            return token.word == "true"
        if token.word == "null":
            return None
        count = self._count() if self._accept(":") else None
        if not token.word.replace("_", "").isalpha() or ("_" not in token.word and token.word not in _DAYS):
            self._next -= 1
            raise self._unexpected()
        return Relative(token.word, count)


_DAYS = frozenset({"today", "yesterday", "tomorrow"})
_LITERALS: dict[str, Callable[[Token], str | Decimal | date | datetime | None]] = {
    "string": unquoted,
    "number": lambda token: Decimal(token.text),
    "date": lambda token: date.fromisoformat(token.text),
    "datetime": lambda token: datetime.fromisoformat(token.text),
    "name": lambda _token: None,
}
