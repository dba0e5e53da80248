"""A notebook that Jupyter does not trust says where a drawing is missing, and shows it as soon as it is trusted."""

import nbformat
import pytest
from browsers import browser_or_skip
from nbformat.v4 import new_code_cell, new_notebook, new_output

from helpers.drawing.picture import NOT_TRUSTED, Picture
from tools.browser import NOTEBOOK, jupyter

SVG = "<svg xmlns='http://www.w3.org/2000/svg' width='99'><title>words</title><rect width='9' height='9'/></svg>"
"""A drawing with words, which are left over when the rest of it is removed."""


@pytest.fixture(autouse=True)
def nothing_is_left() -> None:
    """Do not check for processes after each test, since a browser keeps its own; `serving` checks the server's."""


@pytest.mark.timeout(180)
def test_a_drawing_is_missing_aloud_until_the_notebook_is_trusted(tmp_path):
    picture = Picture(SVG, "one line")
    shown = new_output("execute_result", data=picture._repr_mimebundle_(), execution_count=1)
    python = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    cell = new_code_cell("picture", execution_count=1, outputs=[shown])
    nbformat.write(new_notebook(cells=[cell], metadata=python), tmp_path / "untrusted.ipynb")
    with browser_or_skip() as new_page, jupyter(tmp_path, "jupyterlab") as address:
        page = new_page()
        page.goto(address.replace(NOTEBOOK.stem, "untrusted"), timeout=90_000)
        page.wait_for_function("() => window.jupyterapp && jupyterapp.restored.then(() => true)", timeout=90_000)
        idle = "() => jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'"
        page.wait_for_function(idle, timeout=90_000)  # a server that ends while a kernel starts does not end
        sentence, drawing = page.get_by_text(NOT_TRUSTED), page.locator(".jp-OutputArea-output svg rect")
        sentence.wait_for()
        assert drawing.count() == 0
        page.evaluate("() => { jupyterapp.commands.execute('notebook:trust'); }")
        page.locator(".jp-Dialog .jp-mod-accept").click()
        drawing.wait_for()
        assert not sentence.is_visible()
        page.close()
