"""The folder that is first on a program's path while its Python starts: see `sitecustomize`."""
