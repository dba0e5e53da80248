"""Behind `helpers.xray`: what stands between a pool and its workers. Import `XrayPool` from `helpers.xray`."""
