"""Makes the MAT files of this folder with SciPy (written with 1.17): python3 reference.py"""
import numpy as np
from scipy.io import savemat

variables = {
    "labels": np.array([[3, 1, 2, 255]], np.uint8),
    "tall": np.array([[-5], [300]], np.int16),
    "grid": np.arange(6, dtype=np.float64).reshape(2, 3) / 4,
    "single": np.array([[1.5, -2]], np.float32),
    "big": np.array([[2**40, -1]], np.int64),
    "one": np.array([[7]], np.uint8),  # a small element
    "empty": np.zeros((0, 3)),
    "text": "words",
    "complex": np.array([[1 + 2j]]),
    "struct": {"a": 1.0},
    "a_name_longer_than_eight": np.array([[1.0]]),
}
savemat("plain.mat", variables, do_compression=False)
savemat("compressed.mat", variables, do_compression=True)
