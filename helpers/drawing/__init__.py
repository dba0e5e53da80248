"""What the pictures are made of: a picture with its text twin, pieces of an SVG, a run's bars, matplotlib figures as SVG."""
