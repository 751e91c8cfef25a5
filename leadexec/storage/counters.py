"""Limits as counters: taken together or not at all, never exceeded, given back (``DA6``)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import BigInteger, Connection, String, bindparam, text, update

from leadexec.contracts.eligibility import Limit
from leadexec.storage.locks import lock_names
from leadexec.storage.rows import KeyQuery, RowStatement
from leadexec.storage.tables import counters

_used = KeyQuery(counters.c.key, counters.c.key, counters.c.used)
_raise = RowStatement(
    text(
        'INSERT INTO counters (key, "window", used) VALUES (:key, :window, :amount) '
        "ON CONFLICT (key) DO UPDATE SET used = counters.used + :amount "
        "WHERE counters.used + :amount <= :limit"
    ).bindparams(
        bindparam("key", type_=String),
        bindparam("window", type_=String),
        bindparam("amount", type_=BigInteger),
        bindparam("limit", type_=BigInteger),
    ),
    "key",
    "window",
    "amount",
    "limit",
)
_lower = RowStatement(
    update(counters)
    .where(counters.c.key == bindparam("counter"))
    .values(used=counters.c.used - bindparam("amount")),
    "counter",
    "amount",
)


def counter_key(limit: Limit) -> str:
    """Return the key of the counter that ``limit`` counts in: one per window."""
    return f"{limit.key}@{limit.window}"


class Counters:
    """The counters that one batch touches: read once, decided in memory, written once.

    Between the reading and the commit no other transaction can change them: on PostgreSQL their
    names are locked, on SQLite there is one writer.
    """

    def __init__(self, connection: Connection, wanted: Iterable[Limit]) -> None:
        """Lock and read the counters of all ``wanted`` limits."""
        self._connection = connection
        keys = sorted({counter_key(limit) for limit in wanted})
        lock_names(connection, keys)
        self._used: dict[str, int] = dict(_used(connection, keys))
        self._raised: defaultdict[str, int] = defaultdict(int)
        self._limits: dict[str, Limit] = {}

    def first_full(self, limits: Iterable[Limit]) -> Limit | None:
        """Return the first of ``limits`` that has no room left, or None."""
        wanted: dict[str, int] = {}
        for limit in limits:
            key = counter_key(limit)
            wanted[key] = wanted.get(key, self._used.get(key, 0)) + limit.amount
            if wanted[key] > limit.limit:
                return limit
        return None

    def take(self, limits: Iterable[Limit]) -> None:
        """Take up all of ``limits``; ``first_full`` has found room in each."""
        for limit in limits:
            key = counter_key(limit)
            self._used[key] = self._used.get(key, 0) + limit.amount
            self._raised[key] += limit.amount
            known = self._limits.get(key)
            if known is None or known.limit < limit.limit:
                self._limits[key] = limit

    def untake(self, limits: Iterable[Limit]) -> None:
        """Take back a ``take`` of the same batch, as if it had not been."""
        for limit in limits:
            key = counter_key(limit)
            self._used[key] -= limit.amount
            self._raised[key] -= limit.amount

    def write(self) -> None:
        """Write what was taken, each counter as one conditional update."""
        _raise(
            self._connection,
            [
                (key, self._limits[key].window, amount, self._limits[key].limit)
                for key, amount in sorted(self._raised.items())
                if amount
            ],
        )


def give_back(connection: Connection, taken: Iterable[Mapping[str, int]]) -> None:
    """Lower counters by what unsold reservations had taken (counter key → amount)."""
    sums: defaultdict[str, int] = defaultdict(int)
    for amounts in taken:
        for key, amount in amounts.items():
            sums[key] += amount
    lock_names(connection, sums)
    _lower(connection, sorted(sums.items()))


def amounts_of(limits: Sequence[Limit]) -> dict[str, int]:
    """Return counter key → amount of ``limits``, as a reservation keeps it to give it back."""
    amounts: defaultdict[str, int] = defaultdict(int)
    for limit in limits:
        amounts[counter_key(limit)] += limit.amount
    return dict(amounts)
