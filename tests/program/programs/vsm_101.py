# Report: inpho/vsm#101, LdaCgsMulti on Windows
# Expected: fails with spawn, forkserver; cause missing in line 14
from multiprocessing import Pool


def update(document):
    return sum(_corpus[document : document + 2])


class Model:
    def train(self, corpus):
        global _corpus
        documents = range(len(corpus) - 1)
        _corpus = corpus
        pool = Pool(2)
        results = pool.map(update, documents)
        pool.close()
        return results


if __name__ == "__main__":
    print(Model().train([3, 1, 4, 1, 5]))
