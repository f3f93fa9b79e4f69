"""What the database refuses, in the service's words."""

from __future__ import annotations

from sqlalchemy import exc

from gis_service.errors import ClashError, ServiceError, UnavailableError

QUERY_CANCELED = "57014"

# Constraint name -> (code, sentence).  A violated constraint that is not listed is a fault of ours: a 500.
CLASHES: dict[str, tuple[str, str]] = {
    "grid_one_row_per_code_and_edition": ("conflict", "another plan has changed one of these grids meanwhile"),
    "edition_pk": ("conflict", "another edition was published meanwhile; look at it and publish again"),
    "edition_effective_from_uq": ("conflict", "another edition takes effect at the same instant"),
    "dispatch_rule_unambiguous": ("ambiguous-rule", "two dispatch rules would decide the same case"),
    "staff_one_head": ("head-taken", "the grid has another head at that time; end that assignment first"),
    "deadline_rule_unambiguous": ("ambiguous-rule", "two deadline rules would decide the same case"),
}


_UNDEFINED_TABLE = "42P01"


class DatabaseFaultError(Exception):
    """A fault of ours that the database found; the text names no values, since they may be a person's."""

    def __init__(self, error: exc.SQLAlchemyError) -> None:
        origin = getattr(error, "orig", None)
        diagnosis = getattr(origin, "diag", None)
        places = ("table_name", "column_name", "constraint_name")
        found = [f"{place} {value}" for place in places if (value := getattr(diagnosis, place, None))]
        code = getattr(origin, "pgcode", None)
        self.lacks_table = code == _UNDEFINED_TABLE
        statement = getattr(error, "statement", None)
        super().__init__("; ".join([type(origin or error).__name__, f"SQLSTATE {code}", *found, f"in: {statement}"]))


def translate(error: exc.SQLAlchemyError) -> Exception:
    """Return what a caller is to see of a database error: a refusal, or a fault without values."""
    return refusal_for(error) or DatabaseFaultError(error)


def refusal_for(error: exc.SQLAlchemyError) -> ServiceError | None:
    """Return the refusal that a database error means, or None when it is a fault of ours."""
    if isinstance(error, exc.TimeoutError):
        return UnavailableError("all database connections are busy; try again", code="database-busy")
    if isinstance(error, exc.IntegrityError):
        name = getattr(getattr(error.orig, "diag", None), "constraint_name", None)
        clash = CLASHES.get(str(name))
        return None if clash is None else ClashError(clash[1], code=clash[0])
    if getattr(getattr(error, "orig", None), "pgcode", None) == QUERY_CANCELED:
        return UnavailableError("the database gave up after its time limit; ask for less", code="database-timeout")
    if isinstance(error, exc.OperationalError | exc.InterfaceError):
        return UnavailableError("the database does not answer; try again", code="database-unavailable")
    return None
