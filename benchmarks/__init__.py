"""Speed, measured side by side with its reference in one run; one file a row."""
