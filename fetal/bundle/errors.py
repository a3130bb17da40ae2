"""What can be wrong with a model on disk, each with its remedy."""


class BundleError(ValueError):
    """A model folder cannot be used; the text says why and what to do."""


class MissingFileError(BundleError):
    """The folder, or a file that every model has, is not there."""


class DigestError(BundleError):
    """A file is not the one that was written: damaged, cut short or changed."""


class UnknownFormatError(BundleError):
    """The folder was written by another version of this program."""


class CardError(BundleError):
    """The model's card lacks something or says something impossible."""


class WrongPlanesError(BundleError):
    """The model answers with other planes than the six of this program."""


class GraphError(BundleError):
    """The graph cannot be read, or does not fit its card."""


class FeaturesError(BundleError):
    """The statistics of the features cannot be read, or do not fit the model."""


class BundleExistsError(BundleError):
    """A model is never written over another one."""
