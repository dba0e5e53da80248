# Report: cms-sw/cmssw#51671, py3.14: use function instead of lambda
# Expected: fails with spawn, forkserver; cause nested in line 8
import multiprocessing


def request(datasets):
    result = multiprocessing.Queue()
    process = multiprocessing.Process(target=lambda: result.put([len(name) for name in datasets]))
    process.start()
    found = result.get()
    process.join()
    return found


if __name__ == "__main__":
    print(request(["/Cosmics/Run2018A", "/ZMuMu"]))
