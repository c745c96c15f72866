"""Record ids: 15 characters that are case-sensitive, or 18 with a checksum of the capitals so that they are not."""

from __future__ import annotations

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_PAIRS = [first + second for first in _DIGITS for second in _DIGITS]
_CHECK = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_CAPITALS = {ord(letter): "1" if letter.isupper() else "0" for letter in _DIGITS}
_POD = "Kj0"  # the instance an id was made on


def make_id(prefix: str, number: int) -> str:
    """The 18-character id of the `number`-th record of the object with that key prefix; ids sort by number."""
    tail = ""
    for _ in range(4):
        number, pair = divmod(number, len(_PAIRS))
        tail = _PAIRS[pair] + tail
    return with_checksum(f"{prefix}{_POD}{_DIGITS[number]}{tail}")


def with_checksum(short: str) -> str:
    """The 18-character form of a 15-character id: a letter for each five says which of them are capitals."""
    bits = short[::-1].translate(_CAPITALS)
    return short + _CHECK[int(bits[10:], 2)] + _CHECK[int(bits[5:10], 2)] + _CHECK[int(bits[:5], 2)]


def normal_id(text: object) -> str | None:
    """The 18-character form of an id given with 15 or 18 characters, or None for what is no id."""
    if not isinstance(text, str) or len(text) not in (15, 18) or not text.isascii() or not text.isalnum():
        return None
    if len(text) == 15:
        return with_checksum(text)
    return with_checksum(_recased(text))


def _recased(text: str) -> str:
    """The 15 characters in the case their checksum says: ids of 18 characters may come in any case."""
    short = text[:15]
    suffix = text[15:].upper()
    if with_checksum(short)[15:] == suffix or any(letter not in _CHECK for letter in suffix):
        return short
    bits = [(_CHECK.index(suffix[place // 5]) >> place % 5) & 1 for place in range(15)]
    return "".join(letter.upper() if up else letter.lower() for letter, up in zip(short, bits, strict=True))
