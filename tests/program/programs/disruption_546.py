# Report: MIT-PSFC/disruption-py#546, Fix logging for both fork and spawn (a method is added to loggers)
# Expected: silent with spawn, forkserver; cause stale in line 19
import logging
from multiprocessing import Pool

logger = logging.getLogger("physics")


def populate(shot):
    try:
        logger.verbose("shot %s", shot)
        return shot * 1.5
    except AttributeError:
        return float("nan")


def setup():
    # Only the parent's loggers get the new level.
    logging.Logger.verbose = lambda self, message, *arguments: self.log(15, message, *arguments)


if __name__ == "__main__":
    setup()
    with Pool(2) as pool:
        print(pool.map(populate, [1, 2]))
