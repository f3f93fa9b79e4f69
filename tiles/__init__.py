"""Vector tiles: addresses, layers as data, encoding, descriptions.  Pure."""
