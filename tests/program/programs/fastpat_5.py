# Report: iamlemec/fastpat#5, Error on Parse Grant (Can't get attribute 'parse_file_opts')
# Expected: hangs with spawn, forkserver; cause main in line 8
from multiprocessing import Pool

if __name__ == "__main__":
    options = {"limit": 3}

    def parse_file_opts(name):
        return name[: options["limit"]]

    with Pool(2) as pool:
        print(pool.map(parse_file_opts, ["grants", "patents"]))
