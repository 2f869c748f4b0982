"""Fits the coefficients of `Normal` in src/kernel/host/math.rs: the Mills ratio of the normal distribution,
(1 - cdf(z)) / pdf(z) for z >= 0, as t * polynomial(t) with t = 1 / (1 + P z). Needs numpy and mpmath.

    python tests/reference/mills.py

prints the coefficients, lowest power first, and the largest relative error over z in [0, 14] with them in f32."""

import mpmath
import numpy

P = 0.26
DEGREE = 8
LARGEST = 14.0

mpmath.mp.dps = 40
lowest = 1 / (1 + P * LARGEST)
t = (lowest + 1) / 2 + (1 - lowest) / 2 * numpy.cos(numpy.pi * (numpy.arange(400) + 0.5) / 400)
z = (1 / t - 1) / P
ratio = numpy.array([float(mpmath.ncdf(-mpmath.mpf(x)) / mpmath.npdf(mpmath.mpf(x))) for x in z]) / t

powers = numpy.vander(t, DEGREE + 1, increasing=True) / ratio[:, None]
weight = numpy.ones_like(t)
# Least squares, with more weight where the error is larger: tends to the smallest largest error (Lawson 1961).
for _ in range(60):
    found, *_ = numpy.linalg.lstsq(powers * weight[:, None], weight, rcond=None)
    error = numpy.abs(powers @ found - 1)
    weight *= (error / error.mean()) ** 0.3 + 1e-3
    weight /= weight.mean()

value = numpy.zeros_like(t, dtype=numpy.float32)
for coefficient in found.astype(numpy.float32)[::-1]:
    value = value * t.astype(numpy.float32) + coefficient
print(", ".join(f"{c:.9e}" for c in found.astype(numpy.float32)))
print(f"largest relative error {numpy.abs(value / ratio - 1).max():.2e}")
