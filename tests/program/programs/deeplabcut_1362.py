# Report: DeepLabCut/DeepLabCut#1362, Testscript -> The process has forked (context has already been set)
# Expected: fails with all; cause method in line 5
import multiprocessing as mp

mp.set_start_method("spawn")


def train(number):
    print("training", number)


if __name__ == "__main__":
    process = mp.Process(target=train, args=(1,))
    process.start()
    process.join()
    raise SystemExit(process.exitcode)
