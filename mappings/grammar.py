"""What an expression may say: a small part of SQL, read word by word and written again for Polars.

Nothing reaches Polars but what is written here from the parts below: fields, literals, operators, `case`, `cast` to
four kinds and the functions of the vocabulary. Sub-queries, windows, aggregates, table functions, wildcards and
commands have no form here, so there is none to forbid. Fields are always quoted, so a parent path stays one name.

Division of two whole numbers is the one place where SQL in Polars falls to floating point; such a dividend is made
a decimal first. What depends on the kinds of the fields is checked in `mappings.kinds`: `Demands` says what.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from mappings.tokens import ExpressionError, Form, Token, Words, tokens_of
from mappings.vocabulary import FUNCTIONS, INSTEAD, PARTS, Function
from problems import did_you_mean

_DEEPEST = 40
_DIGITS = 38
_LANGUAGE = (
    *("and", "or", "not", "case", "when", "then", "else", "end", "is", "null", "true", "false", "in", "like", "ilike"),
    *("between", "distinct", "from", "as", "cast", "try_cast", "select", "over", "where", "having", "group", "order"),
    *("union", "limit"),
)
_COMPARISONS = ("=", "<>", "!=", "<", "<=", ">", ">=")
_TEXT = ("text", "varchar", "string")
_WHOLE = ("integer", "int", "bigint")


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of SQL; `whole` where it can only be a whole number or null."""

    sql: str
    whole: bool = False


@dataclass(slots=True)
class Demands:
    """What an expression reads, and what its parts must be: `numbers`, `texts`, `dates`, `booleans`, and `alike` in
    pairs."""

    fields: list[str] = field(default_factory=list)
    numbers: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    dates: list[str] = field(default_factory=list)
    booleans: list[str] = field(default_factory=list)
    alike: list[tuple[str, str]] = field(default_factory=list)


class Reader(Words):
    """Reads the words once, from left to right; each method reads one form of the language."""

    def __init__(self, text: str) -> None:
        super().__init__(tokens_of(text))
        self._depth = 0
        self.demands = Demands()

    def whole_text(self) -> Part:
        """Everything there is, as one expression. Raises ExpressionError where it is none."""
        part = self._expression()
        if self.ahead.form is not Form.END:
            hint = INSTEAD.get(self.ahead.lower, "Between two values stands an operator: + - * / || = and or ...")
            raise ExpressionError(f"{self.ahead.text!r} has no place after what stands before it.", hint)
        return part

    # logic and comparison

    def _expression(self) -> Part:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise ExpressionError("the expression is nested too deeply.", "Write it with fewer brackets.")
        part = self._joined("or", lambda: self._joined("and", self._negation))
        self._depth -= 1
        return part

    def _joined(self, word: str, operand: Callable[[], Part]) -> Part:
        parts = [operand()]
        while self.accept(word):
            parts.append(operand())
        if len(parts) == 1:
            return parts[0]
        self.demands.booleans += [part.sql for part in parts]
        return Part("(" + f" {word} ".join(part.sql for part in parts) + ")")

    def _negation(self) -> Part:
        negated, said = False, False
        while self.accept("not"):
            negated, said = not negated, True
        part = self._comparison()
        if said:
            self.demands.booleans.append(part.sql)
        return Part(f"(not {part.sql})") if negated else part

    def _comparison(self) -> Part:
        left = self._joined_text()
        sign = self.accept(*_COMPARISONS)
        if sign:
            return Part(f"({left.sql} {sign} {self._like(left, self._joined_text()).sql})")
        if self.accept("is"):
            return self._is(left)
        negation = "not " if self.accept("not") else ""
        word = self.accept("in", "between", "like", "ilike")
        if word is None and negation:
            raise ExpressionError("'not' stands before a value here.", "Write not in, not like, not between.")
        return self._tested(left, word, negation) if word else left

    def _tested(self, left: Part, word: str, negation: str) -> Part:
        if word == "in":
            return self._one_of(left, negation)
        if word == "between":
            low = self._like(left, self._joined_text())
            self.expect("and")
            return Part(f"({left.sql} {negation}between {low.sql} and {self._like(left, self._joined_text()).sql})")
        self.demands.texts.append(left.sql)
        return Part(f"({left.sql} {negation}{word} {self._written(Form.TEXT, 'a pattern in quotes')})")

    def _is(self, left: Part) -> Part:
        negation = "not " if self.accept("not") else ""
        word = self.accept("null", "true", "false", "distinct")
        if word is None:
            raise ExpressionError(f"'is' is followed by {self.ahead.text!r}.", "Write is null, is not null, is true.")
        if word == "distinct":
            self.expect("from")
            return Part(f"({left.sql} is {negation}distinct from {self._like(left, self._joined_text()).sql})")
        if word != "null":
            self.demands.alike.append((left.sql, "true"))
        return Part(f"({left.sql} is {negation}{word})")

    def _one_of(self, left: Part, negation: str) -> Part:
        """`in`: the values are written out, since Polars would look a field up in the whole page."""
        self.expect("(")
        values = [self._like(left, self._constant())]
        while self.accept(","):
            values.append(self._like(left, self._constant()))
        self.expect(")")
        return Part(f"({left.sql} {negation}in ({', '.join(value.sql for value in values)}))")

    def _like(self, left: Part, right: Part) -> Part:
        """The right one, noted down as to be of the left one's kind."""
        self.demands.alike.append((left.sql, right.sql))
        return right

    def _constant(self) -> Part:
        negation = "-" if self.accept("-") else ""
        if self.ahead.form is Form.NUMBER:
            part = self._number()
            return Part(f"{negation}{part.sql}", part.whole)
        if self.ahead.form is Form.TEXT and not negation:
            return Part(self.take().text)
        if self.ahead.lower == "date" and not negation:
            return self._value()
        raise ExpressionError(
            f"{self.ahead.text!r} stands in a list of values.",
            "Lists hold text in quotes, numbers and dates; compare two fields with =.",
        )

    # arithmetic

    def _joined_text(self) -> Part:
        parts = [self._sum()]
        while self.accept("||"):
            parts.append(self._sum())
        return parts[0] if len(parts) == 1 else Part("(" + " || ".join(part.sql for part in parts) + ")")

    def _sum(self) -> Part:
        return self._calculated(("+", "-"), self._product)

    def _product(self) -> Part:
        return self._calculated(("*", "/", "%"), self._signed)

    def _calculated(self, signs: tuple[str, ...], operand: Callable[[], Part]) -> Part:
        """Operators of one rank, from left to right. A dividend that can be a whole number is made a decimal."""
        part = operand()
        sql, whole = part.sql, part.whole
        sign = self.accept(*signs)
        if sign is None:
            return part
        self.demands.numbers.append(part.sql)
        while sign:
            if sign == "/" and whole:
                sql, whole = f"cast({sql} as decimal(38, 10))", False
            right = operand()
            self.demands.numbers.append(right.sql)
            sql, whole = f"{sql} {sign} {right.sql}", whole and right.whole
            sign = self.accept(*signs)
        return Part(f"({sql})", whole)

    def _signed(self) -> Part:
        negative, said = False, False
        while sign := self.accept("-", "+"):
            negative, said = negative is not (sign == "-"), True
        part = self._value()
        if said:
            self.demands.numbers.append(part.sql)
        return Part(f"(-{part.sql})", part.whole) if negative else part

    # values

    def _value(self) -> Part:
        token = self.ahead
        if token.form is Form.NUMBER:
            return self._number()
        if token.form is Form.TEXT:
            return Part(self.take().text)
        if self.accept("("):
            part = self._expression()
            self.expect(")")
            return part
        if token.form is Form.WORD:
            return self._word()
        if token.form is Form.NAME:
            return self._field()
        raise ExpressionError(f"a value is missing before {token.text!r}.", "Write a field, a number or 'text' there.")

    def _word(self) -> Part:
        word = self.ahead.lower
        if word in ("null", "true", "false"):
            self.take()
            return Part(word, whole=word == "null")
        if word == "date" and self.then.form is Form.TEXT:
            self.take()
            return Part(f"date {self.take().text}")
        if self.accept("case"):
            return self._case()
        if self.opens():
            return self._called()
        if word in _LANGUAGE:
            hint = INSTEAD.get(word) or "A field of that name is written in double quotes."
            raise ExpressionError(f"{self.ahead.text!r} has no place here.", hint)
        return self._field()

    def _field(self) -> Part:
        name = self.take().text
        if self.accept("("):
            raise ExpressionError(f"{name}(...) is no function.", "Functions have names without dots and quotes.")
        self.demands.fields.append(name)
        return Part(f'"{name}"')

    def _number(self) -> Part:
        """A number as written, without an exponent: Polars reads 1e3 as floating point and 1.5 exactly."""
        number = _exact(self.take().text)
        if number is None or len(number.as_tuple().digits) > _DIGITS or abs(number.adjusted()) >= _DIGITS:
            raise ExpressionError(f"a number has more than {_DIGITS} digits.", "Shorten it.")
        text = format(number, "f")
        return Part(text, whole="." not in text)

    def _written(self, form: Form, what: str) -> str:
        if self.ahead.form is not form:
            raise ExpressionError(f"{self.ahead.text!r} stands where {what} is needed.", "Write it out.")
        return self.take().text

    # case, cast, functions

    def _case(self) -> Part:
        subject = None if self.ahead.lower == "when" else self._expression()
        branches, results = [], []
        while self.accept("when"):
            condition = self._expression()
            if subject is not None:
                condition = Part(f"({subject.sql} = {self._like(subject, condition).sql})")
            else:
                self.demands.booleans.append(condition.sql)
            self.expect("then")
            results.append(self._expression())
            branches.append(f"when {condition.sql} then {results[-1].sql}")
        if not branches:
            raise ExpressionError("a case without a when.", "Write case when ... then ... else ... end.")
        if self.accept("else"):
            results.append(self._expression())
            branches.append(f"else {results[-1].sql}")
        self.expect("end")
        self._all_alike(results)
        return Part(f"(case {' '.join(branches)} end)", all(result.whole for result in results))

    def _all_alike(self, parts: list[Part]) -> None:
        self.demands.alike += [(parts[0].sql, part.sql) for part in parts[1:]]

    def _called(self) -> Part:
        name = self.take().lower
        self.take()
        if name in ("cast", "try_cast"):
            part = self._cast(name)
        elif name == "extract":
            part = self._extract()
        else:
            part = self._function(name)
        self.expect(")")
        return part

    def _cast(self, name: str) -> Part:
        part = self._expression()
        self.expect("as")
        kind = self.take().lower
        if kind == "date":
            self.demands.dates.append(part.sql)
            # a plain cast takes the day in UTC; written out, the day is the one of the account's time zone
            return Part(f"date(strftime({part.sql}, '%Y-%m-%d'))")
        if kind in ("decimal", "numeric"):
            return Part(f"{name}({part.sql} as decimal({self._places()}))")
        if kind in (*_TEXT, *_WHOLE):
            return Part(f"{name}({part.sql} as {'varchar' if kind in _TEXT else 'bigint'})", kind in _WHOLE)
        hint = did_you_mean(kind, ("decimal", "integer", "text", "date"), "There is decimal, integer, text and date.")
        raise ExpressionError(f"there is no cast to {kind!r}.", hint)

    def _places(self) -> str:
        if not self.accept("("):
            return "38, 10"
        precision = self._count("a number of digits")
        scale = self._count("a number of places") if self.accept(",") else 0
        self.expect(")")
        if not scale <= precision <= _DIGITS or not precision:
            raise ExpressionError(
                f"decimal({precision}, {scale}) cannot be.", "Write decimal(38, 10), at most 38 digits."
            )
        return f"{precision}, {scale}"

    def _count(self, what: str) -> int:
        written = self._written(Form.NUMBER, what)
        if not written.isdecimal():
            raise ExpressionError(f"{written!r} stands where {what} is needed.", "Write a whole number.")
        return int(written)

    def _extract(self) -> Part:
        part = self.take().lower
        if part not in PARTS:
            raise ExpressionError(f"{part!r} cannot be taken out of a date.", f"There is {', '.join(PARTS)}.")
        self.expect("from")
        date = self._expression()
        self.demands.dates.append(date.sql)
        return Part(f"extract({part} from {date.sql})", whole=True)

    def _function(self, name: str) -> Part:
        function = FUNCTIONS.get(name)
        if function is None:
            hint = INSTEAD.get(name) or did_you_mean(name, FUNCTIONS, f"There is {', '.join(sorted(FUNCTIONS))}.")
            raise ExpressionError(f"there is no function {name!r}.", hint)
        arguments = self._arguments(function)
        self._demand(function, arguments)
        whole = function.whole or (function.takes in ("same", "number") and all(part.whole for part in arguments))
        given = [part.sql for part in arguments]
        return Part(function.sql.format(*given) if function.sql else f"{name}({', '.join(given)})", whole)

    def _arguments(self, function: Function) -> list[Part]:
        arguments: list[Part] = []
        while self.ahead != Token(Form.SIGN, ")"):
            if arguments:
                self.expect(",")
            written = function.fixed is not None and len(arguments) >= function.fixed
            arguments.append(self._constant() if written else self._expression())
        if not function.least <= len(arguments) <= function.most:
            raise ExpressionError(
                f"{function.name} is given {len(arguments)} values.", f"Write it like {function.example}."
            )
        return arguments

    def _demand(self, function: Function, arguments: list[Part]) -> None:
        given = arguments[: function.fixed]
        if function.takes == "number":
            self.demands.numbers += [part.sql for part in given]
        elif function.takes == "text":
            self.demands.texts += [part.sql for part in given]
        elif function.takes == "date":
            self.demands.dates += [part.sql for part in given]
        else:
            self._all_alike(arguments)


def _exact(written: str) -> Decimal | None:
    """The number, None where its exponent is beyond what a decimal can have."""
    try:
        return Decimal(written)
    except InvalidOperation:
        return None
