"""A person's word on the style of clips, from the UI: the form behind it is that of `emo2 label`."""

from prefect import flow
from prefect.states import Completed, State

from datasets.lake import Lake
from flows.forms import checked
from flows.labels.config import LabelConfig
from flows.labels.work import FLOW, label_lake, of_label
from flows.ledger import RunRecord
from flows.run_page.counts import counts
from flows.run_page.names import given, named_by
from flows.run_page.publish import artifacts
from flows.run_page.versions import versions
from flows.run_states import failed_run

_PAGE = (counts(of_label, "How many clips were chosen, and how many changed"), versions())


@flow(
    name=FLOW,
    description="Say the style of clips yourself: it goes before what their source or the rule says.",
    flow_run_name=named_by(lambda config: given(config, "style")),
    validate_parameters=False,
)
def label(config: LabelConfig) -> State:
    """Write a style into the chosen clips, or take it back; safe beside ingests and re-annotations."""
    try:
        config = checked(LabelConfig, config)
        with artifacts(Lake.open(config.lake), *_PAGE) as page:
            done = label_lake(config)
            page.run = RunRecord("", done)
    except Exception as error:
        return failed_run(error, config)
    return Completed(message=done.sentence(dry_run=config.dry_run))
