# Report: s77rt/multicapconverter#2, Can't pickle local object 'build.<locals>.build_chunk'
# Expected: fails with spawn, forkserver; cause nested in line 9
import multiprocessing


def build(networks):
    found = multiprocessing.Manager().list()

    def build_chunk(network):
        found.append(network.upper())

    tasks = [multiprocessing.Process(target=build_chunk, args=(network,)) for network in networks]
    for task in tasks:
        task.start()
    for task in tasks:
        task.join()
    return sorted(found)


if __name__ == "__main__":
    print("networks:", build(["alpha", "beta"]))
