class Config:
    some_var = False
