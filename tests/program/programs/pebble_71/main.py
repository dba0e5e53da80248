# Report: noxdafox/pebble#71, How to save global variables
# Expected: silent with spawn, forkserver; cause stale in line 7
from config import Config
from work import run_test

if __name__ == "__main__":
    Config.some_var = True
    run_test()
