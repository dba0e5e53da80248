# Report: BlueBrain/Search#278, No logging when using mutiprocessing "spawn" method
# Expected: messages with spawn, forkserver; cause settings in line 17
import logging
from multiprocessing import Process

logger = logging.getLogger("embeddings")


def embed(sentence):
    logger.info("embedding %s", sentence)


def main():
    """Compute the embeddings."""
    # Without this line, INFO is below the level that is shown.

    logging.basicConfig(level=logging.INFO)
    processes = [Process(target=embed, args=(word,)) for word in ("one", "two")]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    print("done")


if __name__ == "__main__":
    main()
