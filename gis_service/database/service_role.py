"""The role of the running service, which can add to its records and not change them."""

from __future__ import annotations

from importlib.resources import files

from sqlalchemy import create_engine, exc

from gis_service.database.integrity import translate

SERVICE_ROLE_SQL = files("gis_service.database").joinpath("sql", "service_role.sql").read_text("utf-8")


def make_service_role(url: str) -> None:
    """Make or renew the role ``gis_app``; ``url`` is that of the owner of the tables, who may make roles."""
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            connection.exec_driver_sql(SERVICE_ROLE_SQL)
    except exc.SQLAlchemyError as error:
        raise translate(error) from None
    finally:
        engine.dispose()
