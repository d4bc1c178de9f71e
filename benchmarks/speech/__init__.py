"""Speech: how fast each part is, beside whisperX alone, and the models of no use that this is measured on."""
