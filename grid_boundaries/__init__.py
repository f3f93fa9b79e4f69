"""The rules of a partition: check, redraw, locate.  Pure: no input, no output."""
