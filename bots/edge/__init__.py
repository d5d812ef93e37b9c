"""What every HTTP door shares: problem documents, bounds, request ids."""
