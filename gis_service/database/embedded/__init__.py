"""A private PostgreSQL with PostGIS, made from the machine's own programs, for those who have no server at hand."""

from gis_service.database.embedded.cluster import ClusterStatus, EmbeddedCluster
from gis_service.database.embedded.errors import (
    ClusterPlaceError,
    EmbeddedDatabaseError,
    MissingProgramsError,
    OtherVersionError,
)

__all__ = [
    "ClusterPlaceError",
    "ClusterStatus",
    "EmbeddedCluster",
    "EmbeddedDatabaseError",
    "MissingProgramsError",
    "OtherVersionError",
]
