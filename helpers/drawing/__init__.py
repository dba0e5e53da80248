"""Behind the pictures: the pair of a drawing and its text, the pieces of an SVG, and matplotlib figures as SVG."""
