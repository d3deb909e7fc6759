"""A classifier that never looks at a picture: where it tells fakes from reals, a net may do so without seeing forgery.

It sees sizes and coder settings alone. On data that do not leak its AUC is .5.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import StratifiedGroupKFold, cross_val_predict

from unmask_training.evaluation.cases import Case

SEED = 1
FOLDS = 5
# A leaf of fewer files learns chance; of fewer files of a label, trees with such leaves could learn hardly anything.
MIN_LEAF = 20
MIN_OF_A_LABEL = 50


def metadata_scores(case: Case, facts: Sequence[NDArray[np.float64]] | None) -> NDArray[np.float64] | None:
    """P(fake), `(n,)`, of each file by a classifier fitted on the other folds; None of too few files, or of a store.

    Args:
        case: the files.
        facts: what `metadata` tells of each; None where a store stands for them.
    """
    if facts is None:
        return None
    return fitted_scores(np.stack(facts), case.fake, [record.origin for record in case.records])


def fitted_scores(
    facts: NDArray[np.float64], fake: NDArray[np.bool_], groups: Sequence[str]
) -> NDArray[np.float64] | None:
    """P(fake), `(n,)`, by a classifier fitted on the other folds; None if there are too few of either label.

    Args:
        facts: `(n, 135)`, as `metadata` returns them.
        fake: `(n,)`.
        groups: what must not be parted, as an original and the forgery made from it: apart, they would tell each
            other's label.
    """
    if min(fake.sum(), (~fake).sum()) < MIN_OF_A_LABEL:
        return None
    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=SEED)
    classifier = RandomForestClassifier(min_samples_leaf=MIN_LEAF, random_state=SEED)
    scores: NDArray[np.float64] = cross_val_predict(
        classifier, facts, fake, groups=groups, cv=folds, method="predict_proba"
    )[:, 1]
    return scores
