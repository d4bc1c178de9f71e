"""What is measured on a clip: one module or folder an annotator, free of any engine."""
