"""Tests of the checks; a package, because test_timing.py is the name of another test as well."""
