"""How many examples a property is tried on: few in every run, many when ``GIS_TEST_EFFORT`` asks for it."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

EFFORT = max(1, int(os.environ.get("GIS_TEST_EFFORT", "1")))
"""Multiplies the number of examples; 1 in a normal run, 50 or more for a night."""


def examples(number: int) -> settings:
    """Return settings of Hypothesis for so many examples in a normal run."""
    slow = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
    return settings(max_examples=number * EFFORT, deadline=None, suppress_health_check=slow)
