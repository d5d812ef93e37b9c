"""Whether the product works: readiness, doctor, figures, metrics."""
