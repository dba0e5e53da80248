"""Behind `helpers.diagnosis`: what a run shows (`facts`), the run repeated in the simulator (`replay`), the `causes`."""
