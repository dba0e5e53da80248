"""The exercises of the lesson on programs of one's own: repairs written in several ways, and plausible errors."""

from pathlib import Path

import nbformat
import pytest

from helpers import checks
from helpers.checks import programs

LESSON = Path(__file__).parents[2] / "notebooks" / "12_bring_your_own_program.ipynb"
GIVEN = {
    cell.source.split()[1]: cell.source.partition("\n")[2]
    for cell in nbformat.read(LESSON, as_version=4).cells
    if cell.source.startswith("%%writefile")
}
"""The programs that the lesson writes, by the names of their files."""

ORDERS, STATIONS = GIVEN["my_orders.py"], GIVEN["my_stations.py"]
END = '    print(f"{sum(totals):.0f}")\n'
INDEX = "def total(order):\n    return shop.total(order)\n\n\n"
GUARD = 'if __name__ == "__main__":\n'


def program(*, before: str = "", main: str) -> str:
    """Return the program of the orders with other functions before its guard, and another main part."""
    return ORDERS[: ORDERS.index(GUARD)] + before + GUARD + main + END


HANDED_OVER = program(
    before=f"def hold(value):\n    global shop\n    shop = value\n\n\n{INDEX}",
    main="    with Pool(2, hold, (Shop(),)) as pool:\n        totals = list(pool.imap(total, range(40)))\n",
)
MADE_BY_EACH = program(
    before=f"def open_shop():\n    global shop\n    shop = Shop()\n\n\n{INDEX}",
    main="    with Pool(3, initializer=open_shop) as pool:\n        totals = pool.map(total, range(40))\n",
)
MADE_AT_IMPORT = program(
    before=f"shop = Shop()\n\n\n{INDEX}",
    main="    with Pool(2) as pool:\n        totals = pool.map(total, range(40), chunksize=5)\n",
)
TWO_LARGE_CHUNKS = ORDERS.replace("chunksize=1", "chunksize=20")
BY_AN_EXECUTOR = program(
    before=f"def hold(value):\n    global shop\n    shop = value\n\n\n{INDEX}",
    main="    from concurrent.futures import ProcessPoolExecutor\n\n"
    "    with ProcessPoolExecutor(2, initializer=hold, initargs=(Shop(),)) as pool:\n"
    "        totals = list(pool.map(total, range(40), chunksize=4))\n",
)
IN_SHARED_MEMORY = program(
    before="from array import array\nfrom multiprocessing.shared_memory import SharedMemory\n\n\n"
    "def attach(name):\n    global prices, memory\n    memory = SharedMemory(name)\n    prices = array('d')\n"
    "    prices.frombytes(memory.buf[:1_600_000])\n\n\n"
    "def total(order):\n    return sum(random.Random(order).choices(prices, k=5_000))\n\n\n",
    main="    table = array('d', Shop().prices)\n    memory = SharedMemory(create=True, size=8 * len(table))\n"
    "    memory.buf[:1_600_000] = table.tobytes()\n"
    "    with Pool(2, attach, (memory.name,)) as pool:\n        totals = pool.map(total, range(40))\n"
    "    memory.close()\n    memory.unlink()\n",
)
RIGHT_ORDERS = {
    "the initializer is handed the shop": HANDED_OVER,
    "each worker makes a shop of its own": MADE_BY_EACH,
    "each worker makes it when it imports the program": MADE_AT_IMPORT,
    "one large chunk for each worker": TWO_LARGE_CHUNKS,
    "an executor": BY_AN_EXECUTOR,
    "shared memory": IN_SHARED_MEMORY,
}
WRONG_ORDERS = {
    "as it was given": (ORDERS, "carry 40.0 times the price list"),
    "larger chunks, but not large enough": (
        ORDERS.replace("chunksize=1", "chunksize=5"),
        "8 messages to 2 workers carry 8.0 times",
    ),
    "the list as an argument": (
        program(
            before="def total(prices, order):\n    return sum(random.Random(order).choices(prices, k=5_000))\n\n\n",
            main="    prices = Shop().prices\n    with Pool(2) as pool:\n"
            "        totals = pool.starmap(total, [(prices, order) for order in range(40)], chunksize=1)\n",
        ),
        "carry 40.0 times the price list",
    ),
    "a partial": (
        program(
            before="from functools import partial\n\n\n"
            "def total(prices, order):\n    return sum(random.Random(order).choices(prices, k=5_000))\n\n\n",
            main="    with Pool(2) as pool:\n"
            "        totals = pool.map(partial(total, Shop().prices), range(40), chunksize=1)\n",
        ),
        "carry 40.0 times the price list",
    ),
    "a global that only forked workers have": (
        program(
            before=INDEX,
            main="    shop = Shop()\n    with Pool(2) as pool:\n        totals = pool.map(total, range(40))\n",
        ),
        "name 'shop' is not defined",
    ),
    "no pool": (program(main="    totals = map(Shop().total, range(40))\n"), "sees no pool"),
    "threads": (
        ORDERS.replace("from multiprocessing import Pool", "from multiprocessing.pool import ThreadPool as Pool"),
        "run in threads",
    ),
    "a single worker": (MADE_BY_EACH.replace("Pool(3", "Pool(1"), "All tasks go to one worker"),
    "a single task": (ORDERS.replace("chunksize=1", "chunksize=40"), "All tasks go to one worker"),
    "a new worker for each task": (
        HANDED_OVER.replace("(Shop(),))", "(Shop(),), maxtasksperchild=1)"),
        "one after another, and each gets the price list",
    ),
    "orders that are left out": (HANDED_OVER.replace("range(40)", "range(39)"), "It must print 97604484"),
    "another line of output": (HANDED_OVER + '    print("done")\n', "The last line of yours: done"),
    "fork, whatever was asked for": (
        program(
            before=f"from multiprocessing import get_context\n\n\n{INDEX}",
            main="    shop = Shop()\n    with get_context('fork').Pool(2) as pool:\n"
            "        totals = pool.map(total, range(40))\n",
        ),
        "although it was asked for spawn",
    ),
    "no program": ("this is no program", "SyntaxError"),
}


@pytest.mark.parametrize("answer", RIGHT_ORDERS.values(), ids=RIGHT_ORDERS)
def test_a_program_that_sends_the_price_list_once_gets_a_tick(answer):
    assert checks.price_list_sent_once(answer).right, checks.price_list_sent_once(answer)


@pytest.mark.parametrize("answer, hint", WRONG_ORDERS.values(), ids=WRONG_ORDERS)
def test_a_program_that_does_not_gets_a_hint(answer, hint):
    verdict = checks.price_list_sent_once(answer)
    assert not verdict.right
    assert hint in verdict.sentence


def test_a_program_that_never_ends_gets_a_hint(monkeypatch):
    monkeypatch.setattr(programs, "PROGRAM_DEADLINE", 2.0)
    verdict = checks.price_list_sent_once("import time\nprint('begin', flush=True)\ntime.sleep(60)\n")
    assert verdict.sentence == "It still ran after 2 s. The last line that it printed: begin"


HIGHEST = "def highest(station):\n    return max((station * n) ** 2 % 9_973 / 7 for n in range(200_000))\n\n\n"
HEAD = "from multiprocessing import Pool\n\n\n"


def stations(functions: str, main: str) -> str:
    return HEAD + functions + GUARD + main


THE_MAXIMUM = stations(
    HIGHEST, '    with Pool(2) as pool:\n        print(f"{max(pool.map(highest, range(24))):.3f}")\n'
)
AS_THEY_COME = stations(
    HIGHEST + "def main():\n    with Pool(2) as pool:\n        best = 0.0\n"
    "        for value in pool.imap_unordered(highest, range(24)):\n            best = max(best, value)\n"
    "    print(round(best, 3))\n\n\n",
    "    main()\n",
)
MAXIMUM_OF_THE_LIST = STATIONS.replace("    return [", "    return max([").replace(
    "(200_000)]\n", "(200_000)])\n"
).replace("max(max(values) for values in stations)", "max(stations)")  # fmt: skip
FEW_VALUES = stations(
    "def highest(station):\n    return sorted((station * n) ** 2 % 9_973 / 7 for n in range(200_000))[-10:]\n\n\n",
    "    with Pool(2) as pool:\n        best = max(max(values) for values in pool.map(highest, range(24)))\n"
    '    print(f"{best:.3f}")\n',
)
RIGHT_STATIONS = {
    "the maximum": THE_MAXIMUM,
    "one maximum after another": AS_THEY_COME,
    "the maximum of the list": MAXIMUM_OF_THE_LIST,
    "the ten highest values": FEW_VALUES,
}
WRONG_STATIONS = {
    "as it was given": (STATIONS, "have 43.2 MB together"),
    "arrays": (
        STATIONS.replace("from multi", "from array import array\nfrom multi")
        .replace("return [", "return array('d', [")
        .replace("(200_000)]", "(200_000)])"),
        "have 38.4 MB together",
    ),
    "single precision": (
        STATIONS.replace("from multi", "from array import array\nfrom multi")
        .replace("return [", "return array('f', [")
        .replace("(200_000)]", "(200_000)])"),
        "have 19.2 MB together",
    ),
    "whole numbers that are compared in the parent process": (
        STATIONS.replace("% 9_973 / 7", "% 9_973").replace("max(max(values) for values in stations)", "9_972 / 7"),
        "MB together",
    ),
    "large chunks": (STATIONS.replace("chunksize=1", "chunksize=12"), "have 43.2 MB together"),
    "no pool": (
        STATIONS.replace("with Pool(2) as pool:", "if True:").replace("pool.map(values, range(24), chunksize=1)",
                                                                      "map(values, range(24))"),
        "sees no pool",
    ),
    "the minimum": (THE_MAXIMUM.replace("return max", "return min"), "It must print 1424.571"),
    "one worker": (THE_MAXIMUM.replace("Pool(2)", "Pool(1)"), "All tasks go to one worker"),
    "a lambda": (
        THE_MAXIMUM.replace("map(highest, range(24))", "map(lambda station: highest(station), range(24))"),
        "It must print 1424.571",
    ),
}  # fmt: skip


@pytest.mark.parametrize("answer", RIGHT_STATIONS.values(), ids=RIGHT_STATIONS)
def test_a_program_whose_workers_return_little_gets_a_tick(answer):
    assert checks.little_returned(answer).right, checks.little_returned(answer)


@pytest.mark.parametrize("answer, hint", WRONG_STATIONS.values(), ids=WRONG_STATIONS)
def test_a_program_whose_workers_return_much_gets_a_hint(answer, hint):
    verdict = checks.little_returned(answer)
    assert not verdict.right
    assert hint in verdict.sentence


@pytest.mark.parametrize("name", ["my_orders.py", "my_stations.py"])
def test_a_program_of_the_lesson_compiles(name):
    compile(GIVEN[name], name, "exec")
