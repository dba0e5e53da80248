# Report: pytorch/pytorch#75269, torch.multiprocessing does not propagate global PyTorch options (here with decimal)
# Expected: silent with spawn, forkserver; cause settings in line 12
import decimal
from multiprocessing import Pool


def func(number):
    return str(decimal.Decimal(1) / decimal.Decimal(number))


if __name__ == "__main__":
    decimal.getcontext().prec = 5
    with Pool(2) as pool:
        print(pool.map(func, [3, 7]))
    print("done")
