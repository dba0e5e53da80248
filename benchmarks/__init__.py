"""What the course promises of its own speed, measured: `python -m benchmarks` from the top of the checkout."""
