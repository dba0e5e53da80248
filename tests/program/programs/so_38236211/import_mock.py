to_mock = None
