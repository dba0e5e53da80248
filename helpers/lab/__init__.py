"""The labs: choose what a pool runs, press Run, and watch. Notebooks import them from here."""

from helpers.lab.labs import OrderLab, PoolLab, SpeedupLab

__all__ = ["OrderLab", "PoolLab", "SpeedupLab"]
