"""From a Keras model to the serving graph."""

from fetal.training.export.graph import export_graph
from fetal.training.export.names import variable_path
from fetal.training.export.writer import ExportError, UnsupportedLayerError

__all__ = ["ExportError", "UnsupportedLayerError", "export_graph", "variable_path"]
