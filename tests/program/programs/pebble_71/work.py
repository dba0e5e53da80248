from concurrent.futures import ProcessPoolExecutor

from config import Config


def function(number):
    return number, Config.some_var


def run_test():
    with ProcessPoolExecutor(2) as pool:
        print(list(pool.map(function, range(2))))
