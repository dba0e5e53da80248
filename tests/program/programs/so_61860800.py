# Report: stackoverflow.com/questions/61860800, Running a ProcessPoolExecutor in IPython (here a cell is exec)
# Expected: fails with spawn, forkserver; cause main
from concurrent.futures import ProcessPoolExecutor

CELL = """
def func(number):
    return number + 1
"""

if __name__ == "__main__":
    exec(CELL, globals())  # noqa: S102
    with ProcessPoolExecutor(1) as executor:
        print(executor.submit(func, 1).result())  # noqa: F821
