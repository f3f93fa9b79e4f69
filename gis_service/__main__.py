"""``gis-service`` and ``python -m gis_service``."""

from __future__ import annotations

from gis_service.cli.main import app


def main() -> None:
    """Run the command line."""
    app()


if __name__ == "__main__":
    main()
