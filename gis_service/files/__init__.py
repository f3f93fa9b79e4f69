"""Vector files read and written: GeoJSON, GeoPackage, Shapefile, GeoParquet; grids in them, in any coordinates."""
