# Report: taourl.com/read-1957467, passing class instances containing active database connections between processes
# Expected: fails with spawn, forkserver; cause unpicklable in line 9 or 10
import multiprocessing
import sqlite3


class DatabaseHandler:
    def __init__(self):
        self.conn = sqlite3.connect(":memory:")
        self.cursor = self.conn.cursor()
        self.cursor.execute("CREATE TABLE test (name TEXT)")

    def insert_data(self, name):
        self.cursor.execute("INSERT INTO test (name) VALUES (?)", (name,))


def worker(handler):
    handler.insert_data("data of the process")
    print(handler.cursor.execute("SELECT * FROM test").fetchall())


if __name__ == "__main__":
    process = multiprocessing.Process(target=worker, args=(DatabaseHandler(),))
    process.start()
    process.join()
