"""All data sets there are readers for, oldest first."""

from unmask_edge.errors import UnmaskError
from unmask_training.data import (
    av_deepfake1m,
    celeb_df,
    deeperforensics,
    deepfake_timit,
    df40,
    dfd,
    dfdc,
    dfdc_preview,
    faceforensics,
    faces_140k,
    fakeavceleb,
    ffiw,
    folder,
    forgerynet,
    kodf,
    uadfv,
    wilddeepfake,
)
from unmask_training.data.record import DataSet

_ALL = (
    uadfv.UADFV,
    deepfake_timit.DEEPFAKE_TIMIT,
    faceforensics.FACEFORENSICS,
    dfd.DFD,
    celeb_df.V1,
    dfdc_preview.PREVIEW,
    celeb_df.V2,
    faces_140k.FACES_140K,
    deeperforensics.DEEPER_FORENSICS,
    dfdc.DFDC,
    wilddeepfake.WILD_DEEPFAKE,
    forgerynet.FORGERY_NET,
    ffiw.FFIW,
    kodf.KODF,
    fakeavceleb.FAKE_AV_CELEB,
    folder.FOLDER,
    df40.DF40,
    av_deepfake1m.AV_DEEPFAKE1M,
    celeb_df.PLUS,
)
DATA_SETS: dict[str, DataSet] = {data_set.key: data_set for data_set in _ALL}


def data_set(key: str) -> DataSet:
    """The data set of a key.

    Raises:
        UnmaskError: if there is none.
    """
    try:
        return DATA_SETS[key]
    except KeyError as error:
        raise UnmaskError(f"Expected one of {', '.join(DATA_SETS)}. Received: {key}.") from error
