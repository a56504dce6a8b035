"""The scalar that is minimized: targets, coefficients and terms."""
