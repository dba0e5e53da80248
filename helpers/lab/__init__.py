"""The labs: choose what a pool runs, press Run, and watch. Notebooks import them from here."""

from helpers.lab.labs import OrderLab, SpeedupLab
from helpers.lab.pool_lab import PoolLab

__all__ = ["OrderLab", "PoolLab", "SpeedupLab"]
