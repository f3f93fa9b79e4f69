"""Printable map sheets of a division: laid out by pure modules, drawn as PDF, painted as PNG."""
