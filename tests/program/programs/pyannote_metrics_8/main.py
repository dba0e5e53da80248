# Report: pyannote/pyannote-metrics#8, RuntimeError: An attempt has been made to start a new process ...
# Expected: fails with spawn, forkserver; cause guard in line 4
import metrics

if __name__ == "__main__":
    print(metrics.error_rates([3, 4]))
