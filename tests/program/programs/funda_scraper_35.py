# Report: whchien/funda-scraper#35, RuntimeError: An attempt has been made to start a new process before ...
# Expected: fails with spawn, forkserver; cause guard in line 16
from concurrent.futures import ProcessPoolExecutor


def scrape_one(page):
    return page * page


class Scraper:
    def run(self, pages):
        with ProcessPoolExecutor(2) as pool:
            return list(pool.map(scrape_one, range(pages)))


print(Scraper().run(pages=3))
