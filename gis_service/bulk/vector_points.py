"""Points in GeoPackage and whatever else GDAL reads."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from gis_service.bulk.asked import BATCH, Asked, telling_of
from gis_service.bulk.pointing import Pointing, point_by_columns, point_by_geometry
from gis_service.errors import RuleBrokenError
from gis_service.files.gdal import refuse_other_beginning

WRITTEN = (".gpkg", ".geojson", ".json", ".fgb")
"""What is written: formats whose names of fields may be long, and which take points one after the other."""


@dataclass(frozen=True, slots=True)
class VectorSource:
    """One layer of a file that GDAL reads."""

    path: Path
    schema: pa.Schema
    pointing: Pointing
    rows: int | None
    layer: str
    geometry: str
    crs: str | None

    @classmethod
    def open(cls, path: Path, asked: Asked) -> VectorSource:
        """Return a file after a first look.

        Raises:
            RuleBrokenError: pyogrio is not installed, the file cannot be read, or has no such layer or no points.
        """
        try:
            import pyogrio
        except ImportError:
            raise RuleBrokenError(
                f"Reading {path.suffix or 'such a file'} needs pyogrio: pip install 'gis-service[files]', or convert "
                "the file to CSV or Parquet.",
                code="format-not-installed",
            ) from None
        with telling_of(path), _telling_of_gdal(path):
            refuse_other_beginning(path)
            layers = [str(name) for name, _ in pyogrio.list_layers(path)]
            layer = asked.layer or layers[0]
            if layer not in layers:
                told = ", ".join(layers) or "none"
                raise RuleBrokenError(
                    f"{path} has no layer {layer}; its layers are: {told}. 没有该图层。", code="unknown-layer"
                )
            meta = pyogrio.read_info(path, layer=layer)
            schema, name = _schema_of(path, layer)
        named = asked.lon is not None or asked.lat is not None
        place = schema.get_field_index(name) if name else -1
        pointing: Pointing = (
            point_by_columns(path, schema, asked)
            if named or place < 0
            else point_by_geometry(path, place, meta["crs"], asked)
        )
        rows = int(meta["features"])
        return cls(path, schema, pointing, rows if rows >= 0 else None, layer, name, meta["crs"])

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield its rows in order.

        Raises:
            RuleBrokenError: it is damaged or has gone.
        """
        from pyogrio.raw import open_arrow

        with (
            telling_of(self.path),
            _telling_of_gdal(self.path),
            open_arrow(self.path, layer=self.layer, batch_size=BATCH, use_pyarrow=True) as (_, reader),
        ):
            yield from reader

    def write(self, path: Path, schema: pa.Schema, batches: Iterator[pa.RecordBatch]) -> None:
        """Write a layer of the same name, geometry and system.

        Raises:
            RuleBrokenError: the format is not written, or cannot hold the columns.
        """
        from pyogrio.raw import write_arrow

        plain = pa.schema([_plain(field) for field in schema], schema.metadata)
        failed: list[BaseException] = []

        def pulled() -> Iterator[pa.RecordBatch]:
            # What is raised here goes through C, which keeps its sentence only.
            try:
                for batch in batches:
                    yield batch.cast(plain)
            except BaseException as error:
                failed.append(error)
                raise

        reader = pa.RecordBatchReader.from_batches(plain, pulled())
        try:
            write_arrow(
                reader,
                path,
                layer=self.layer,
                geometry_name=self.geometry or None,
                geometry_type="Unknown" if self.geometry else None,
                crs=self.crs,
            )
        except Exception as error:  # noqa: BLE001 - whatever GDAL or Arrow raises
            if failed:
                raise failed[0] from None
            reason = " ".join(str(error).split()).rstrip(".")
            raise RuleBrokenError(f"{path.name} cannot be written: {reason}.") from None
        if failed:
            raise failed[0]


def _schema_of(path: Path, layer: str) -> tuple[pa.Schema, str]:
    """Return the columns of a layer, and the name of the one that holds the geometries, empty without any."""
    from pyogrio.raw import open_arrow

    with open_arrow(path, layer=layer, use_pyarrow=True) as (meta, reader):
        name = meta["geometry_name"] or "wkb_geometry"
        schema = reader.schema
    return schema, name if name in schema.names else ""


def _plain(field: pa.Field) -> pa.Field:
    return field.with_type(field.type.value_type) if pa.types.is_dictionary(field.type) else field


@contextmanager
def _telling_of_gdal(path: Path) -> Iterator[None]:
    """Turn what GDAL says of a file into a refusal."""
    from pyogrio import errors

    try:
        yield
    except (
        errors.DataSourceError,
        errors.DataLayerError,
        errors.FeatureError,
        errors.FieldError,
        errors.GeometryError,
        IndexError,
    ) as error:
        reason = str(error).split(";")[0].replace(str(path), path.name).rstrip(".") or "it has no layer"
        raise RuleBrokenError(f"{path} is not readable: {reason}.", code="unreadable-file") from None
