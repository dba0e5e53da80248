"""Worker functions, measuring and drawing for the course on process pools; import its modules by name."""
