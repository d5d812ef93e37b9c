"""Reports whether the product works: readiness, doctor, queue figures, metrics."""
