"""HTTP in, HTTP out: routes by noun."""
