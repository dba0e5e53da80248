def fetch():
    return "not mocked"


def answer():
    return f"the answer is {fetch()}"
