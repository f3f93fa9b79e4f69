"""What the embedded database refuses.

EmbeddedDatabaseError        it does not start, stop or answer
├── MissingProgramsError     no PostgreSQL with PostGIS on this machine, or nobody to run it
├── OtherVersionError        the cluster was made by another major version
└── ClusterPlaceError        its directory cannot be used
"""

from __future__ import annotations

from gis_service.errors import UnavailableError


class EmbeddedDatabaseError(UnavailableError):
    """The embedded database does not start, stop or answer."""

    code = "embedded-database"


class MissingProgramsError(EmbeddedDatabaseError):
    """The machine has no PostgreSQL with PostGIS, or no account to run it as."""

    code = "embedded-database-programs"


class OtherVersionError(EmbeddedDatabaseError):
    """The cluster was made by a PostgreSQL of another major version than those installed."""

    code = "embedded-database-version"


class ClusterPlaceError(EmbeddedDatabaseError):
    """The directory of the embedded database cannot be used."""

    code = "embedded-database-place"
