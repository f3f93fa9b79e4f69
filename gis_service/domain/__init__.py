"""Words and rules of grid governance, without input or output."""
