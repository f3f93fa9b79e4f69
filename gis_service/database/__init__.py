"""PostGIS: the only place with SQL."""
