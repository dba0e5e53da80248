"""Behind `helpers.diagnosis`: what a run shows (`facts`, `run_messages`), its `replay` in the simulator, the causes."""
