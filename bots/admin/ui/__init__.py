"""Building blocks that admin pages share."""
