"""Behind `helpers.diagnosis`: what a run shows (`facts`), the run simulated again (`replay`), and the causes."""
