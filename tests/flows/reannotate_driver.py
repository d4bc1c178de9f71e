"""Runs the flow as `emo2 reannotate` does, with a configuration that the command line has no options for."""

import sys

from flows.environment import prepare_engines

if __name__ == "__main__":
    prepare_engines()
    from flows.reannotate import reannotate
    from flows.reannotation.config import ReannotateConfig
    from flows.terminal_run import run_in_terminal

    run_in_terminal(reannotate, ReannotateConfig.model_validate_json(sys.argv[1]), what="clips")
