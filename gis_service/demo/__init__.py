"""Panlong, the demo district: made up from a seed inside a real outline."""

from gis_service.demo.incidents import DemoIncident
from gis_service.demo.panlong import DemoDistrict, make_panlong
from gis_service.demo.rules import RuleRows, load_rules

__all__ = ["DemoDistrict", "DemoIncident", "RuleRows", "load_rules", "make_panlong"]
