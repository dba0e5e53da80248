# Report: python/cpython#135583, unittest mocks don't get applied to children with forkserver
# Expected: silent with spawn, forkserver; cause settings in line 18
import multiprocessing
from unittest import mock


class World:
    def test(self):
        return 1


def use_world(number):
    return number, World().test()


def test_world():

    with mock.patch.object(World, "test", return_value=42), multiprocessing.Pool(2) as pool:
        print(pool.map(use_world, range(3)))


if __name__ == "__main__":
    test_world()
