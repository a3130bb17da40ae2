"""What a model's doubt is worth: errors that it was sure of, and strangers that it noticed."""
