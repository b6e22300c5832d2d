"""ONNX from scikit-learn through skl2onnx: the ai.onnx.ml domain, maps and sequences as outputs."""

import numpy as np
import onnx
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType, StringTensorType
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import GradientBoostingRegressor, RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import SVC

from common import FIXTURES, noise, save

X = noise("features", 60, 4)
LABELS = np.array(["setosa", "versicolor", "virginica"])[(X[:, 0] > 0).astype(int) + (X[:, 1] > 0)]
TARGET = X @ np.array([1, -2, 0.5, 0], dtype=np.float32)


def convert(path, estimator, kind=None, **options):
    kind = kind or [("features", FloatTensorType([None, 4]))]
    opsets = {"": 18, "ai.onnx.ml": 3}
    model = to_onnx(estimator, initial_types=kind, target_opset=opsets, name=path.removesuffix(".onnx"), **options)
    save(f"onnx/{path}", model.SerializeToString(deterministic=True))
    onnx.checker.check_model(str(FIXTURES / "onnx" / path))


def classifiers():
    """Probabilities as a sequence of maps from label to number (ZipMap), which is skl2onnx's default."""
    forest = RandomForestClassifier(n_estimators=4, max_depth=3, random_state=0, n_jobs=1)
    convert("sklearn-forest.onnx", Pipeline([("scaler", StandardScaler()), ("forest", forest)]).fit(X, LABELS))
    linear = Pipeline([("scaler", StandardScaler()), ("linear", LogisticRegression())]).fit(X, LABELS)
    convert("sklearn-logistic.onnx", linear)
    convert("sklearn-svc.onnx", SVC().fit(X[:12], LABELS[:12]))


def regressors():
    boosting = GradientBoostingRegressor(n_estimators=4, max_depth=2, random_state=0).fit(X, TARGET)
    convert("sklearn-boosting.onnx", boosting)
    convert("sklearn-neighbours.onnx", KNeighborsRegressor(n_neighbors=2).fit(X[:10], TARGET[:10]))


def mixed_columns():
    """A table of numbers and words: each kind of column takes its own way."""
    colours = np.array(["red", "green", "blue"])[np.arange(60) % 3].reshape(-1, 1)
    table = np.concatenate([X.astype(object), colours.astype(object)], axis=1)
    parts = [("numbers", StandardScaler(), [0, 1, 2, 3]), ("words", OneHotEncoder(), [4])]
    model = Pipeline([("columns", ColumnTransformer(parts)), ("linear", LogisticRegression())]).fit(table, LABELS)
    kind = [("numbers", FloatTensorType([None, 4])), ("colour", StringTensorType([None, 1]))]
    convert("sklearn-columns.onnx", model, kind, options={"zipmap": "columns"})


def texts():
    lines = np.array(["a small cat", "a big dog", "the dog sat", "the cat ran"])
    convert("sklearn-tfidf.onnx", TfidfVectorizer().fit(lines), [("text", StringTensorType([None, 1]))])


if __name__ == "__main__":
    classifiers()
    regressors()
    mixed_columns()
    texts()
