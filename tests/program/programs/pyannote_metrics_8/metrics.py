# The manager is a process, and it is started by the import of this module.
from multiprocessing import Manager, Pool

manager = Manager()


def error_rate(number):
    return 1 / number


def error_rates(numbers):
    with Pool(2) as pool:
        return pool.map(error_rate, numbers)
