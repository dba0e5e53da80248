"""The labs: choose what a pool runs, press Run, and watch. Notebooks import them from here."""

from helpers.lab.lesson_labs import OrderLab, SpeedupLab
from helpers.lab.pool_lab import PoolLab

__all__ = ["OrderLab", "PoolLab", "SpeedupLab"]
