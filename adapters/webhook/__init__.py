"""Generic webhook: signed JSON in, signed JSON out."""
