"""Ownership of points by the file: any size, on all cores of a machine or on a cluster."""
