"""Owners by table: a raster whose cells know the owner of all their ground, or the few edges that cross them."""
