"""The service: HTTP, use cases, PostGIS, command line, console."""
