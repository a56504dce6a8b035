"""The objective function of a stylization: targets, coefficients and terms."""
