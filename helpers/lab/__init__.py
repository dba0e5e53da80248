"""The lab: benches on which to choose, press Run, and watch. This is its door; import from here."""

from helpers.lab.labs import OrderLab, PoolLab, SpeedupLab

__all__ = ["OrderLab", "PoolLab", "SpeedupLab"]
