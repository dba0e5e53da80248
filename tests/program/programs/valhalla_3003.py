# Report: valhalla/valhalla#3003, Fix run_with_server.py to run on non-Linux python platforms
# Expected: silent with spawn, forkserver; cause missing in line 8
from multiprocessing import Pool


def initialize(url):
    global session
    session = {"url": url}


def make_request(number):
    try:
        return f"{session['url']}/{number}"
    except NameError as error:
        return str(error)


if __name__ == "__main__":
    with Pool(2, initializer=initialize("http://localhost")) as pool:
        for answer in pool.imap(make_request, range(3)):
            print(answer)
