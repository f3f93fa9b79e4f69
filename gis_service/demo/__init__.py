"""Panlong, the demo district: made up from a seed inside a real outline."""
