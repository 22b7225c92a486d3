"""The rules of the audit (docs/reference/verify.md): without one, a verdict differs from what `dvc pull` gets.

What only saves time, and the words of a message, is no rule and stands in no list.
"""

from taken_out.audit.cloud_uploads import CLOUD_UPLOADS
from taken_out.audit.clouds import CLOUDS
from taken_out.audit.commits import COMMITS
from taken_out.audit.contents import CONTENTS
from taken_out.audit.digests import DIGESTS
from taken_out.audit.evidence import EVIDENCE
from taken_out.audit.folders import FOLDERS
from taken_out.audit.kept_numbers import KEPT_NUMBERS
from taken_out.audit.kinds import KINDS
from taken_out.audit.lineage import LINEAGE
from taken_out.audit.objects import OBJECTS
from taken_out.audit.passed_over import PASSED_OVER
from taken_out.audit.places import PLACES
from taken_out.audit.pointer_files import POINTER_FILES
from taken_out.audit.refusals import REFUSALS
from taken_out.audit.stages import STAGES
from taken_out.audit.uploads import UPLOADS
from taken_out.audit.verdicts import VERDICTS
from taken_out.audit.work_tree import WORK_TREE
from taken_out.rule import Rule

AUDIT: tuple[Rule, ...] = (
    *POINTER_FILES,
    *STAGES,
    *KINDS,
    *COMMITS,
    *PASSED_OVER,
    *OBJECTS,
    *DIGESTS,
    *PLACES,
    *FOLDERS,
    *CLOUDS,
    *REFUSALS,
    *EVIDENCE,
    *CONTENTS,
    *UPLOADS,
    *CLOUD_UPLOADS,
    *WORK_TREE,
    *LINEAGE,
    *VERDICTS,
    *KEPT_NUMBERS,
)
