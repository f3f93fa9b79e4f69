"""Edits of a partition that keep it a partition."""
