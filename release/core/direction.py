"""The direction of a metric: whether higher or lower is better, by its name."""

# ruff: noqa: SIM905 - a vocabulary reads better as text than as four hundred quoted strings

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from itertools import pairwise

from release.core.metrics import Direction, last_name

UP = frozenset(
    """
    accuracy accuracies acc f1 f2 f3 f05 fbeta f1score f1macro f1micro fscore fmeasure f1measure
    precision prec precisions recall recalls sensitivity specificity tpr tnr ppv npv
    auc aucs auroc auprc aupr rocauc aucroc prauc aucpr gauc aurocs ap map map50 mar
    r2 r2score rsquared r2adj likelihood loglik loglikelihood elbo
    kappa qwk mcc corrcoef matthews pearson pearsonr spearman spearmanr kendall kendalltau correlation corr concordance
    iou miou fwiou giou jaccard dice pq hota mota motp idf1 pck oks
    bleu sacrebleu gleu rouge rouge1 rouge2 rougel rougelsum meteor chrf comet cider bleurt bertscore mauve
    exact em ndcg dcg mrr hits hit reciprocal success successes solved correctness
    psnr ssim msssim snr sdr sisdr pesq stoi mos similarity
    silhouette calinski ari nmi ami homogeneity completeness purity
    throughput fps qps rps tps speed speedup
    reward rewards return returns win wins winrate elo sharpe profit revenue
    faithfulness helpfulness relevance relevancy groundedness fluency coherence robustness
    mmlu gsm humaneval mbpp hellaswag truthfulqa winogrande
    """.split()
)

DOWN = frozenset(
    """
    loss losses error errors err rmse mse mae medae mape smape mase wape rmsle msle rmsse nrmse rmsd nmse
    logloss nll xent crossentropy bce hinge huber pinball deviance brier perplexity ppl bpc bpb
    wer cer eer ece mce ser fid kid lpips niqe brisque epe mpjpe pampjpe ade fde absrel nme hausdorff chamfer
    fpr fnr frr fdr false misclassification misclassified misses miss failure failures fail fails failed mistakes
    collision collisions violation violations crashes hallucination hallucinations toxicity harmfulness
    latency time times runtime duration elapsed walltime delay ms us ns millis milliseconds microseconds
    sec secs seconds ttft tpot rtf
    gap regret divergence drift wasserstein levenshtein cost costs emissions aic bic
    """.split()
)

# Phrases, each replaced by one word of the tables (in this order).
PAIRS = (
    (r"io u", "iou"),
    (r"r 2|r squared|r square", "r2"),
    (r"f 5|f 1|f beta|f score|f measure", "fscore"),
    (r"explained variance(?: ratio)?|variance explained", "r2"),
    (r"(?:neg|negative) log likelihood", "nll"),
    (r"log likelihood|log prob|log probability", "likelihood"),
    (r"(?:binary |categorical |sparse )*cross entropy", "crossentropy"),
    (r"(?:true|t) (?:positive|negative) rate", "tpr"),
    (r"(?:positive|negative) predictive value", "ppv"),
    (r"false (?:positive|negative|discovery|acceptance|rejection|alarm) rate", "fpr"),
    (r"real time factor|realtime factor", "rtf"),
    (r"signal to noise(?: ratio)?", "snr"),
    (r"(?:detection|pass|completion|acceptance) rate", "success"),
    (r"(?:mean|median|average) rank", "nme"),
    (r"(?:edit|frechet|frechet inception|inception) distance", "fid"),
    (r"davies bouldin(?: score| index)?", "fid"),
    (r"bits per (?:byte|character|char|token|word|dim)", "bpb"),
    (r"v measure|rand (?:index|score)|c index", "nmi"),
    (r"time to", "time at"),
    (r"(?:hamming|mean absolute|median absolute) (?:deviation|distance)", "mae"),
)

# The words before one of these name the metric, those after it the conditions.
CUTS = frozenset({"at", "on", "vs", "versus", "for", "against", "under", "over", "within", "when"})

SECONDS = frozenset({"second", "seconds", "sec", "secs", "s", "minute", "min", "hour", "hr", "h", "ms", "day"})

# As the first word: a count (`n_errors`, `num_samples`).
COUNTED = frozenset({"n", "nb", "num", "no", "nr"})

NO_SCORE_ANYWHERE = frozenset(
    """
    num nb number count counts cnt std stdev stddev sd stderr sem var variance iqr ci confidence
    target baseline reference nms early support timestamp
    """.split()
)

# After a score's name these change its meaning: to a setting, a place, a count.
NO_SCORE_AFTER = frozenset(
    """
    weight weights threshold thresholds thresh thres cutoff fn function type name kind code message id mode
    scale factor lambda alpha gamma eps epsilon margin bar bars bin bins bits hist histogram history curve
    curves matrix values list array plot plots log samples examples instances rows images documents tokens classes
    labels features epochs steps iterations iters batches trees layers folds users items queries objects
    size length limit budget window interval period schedule decay clip clipping tolerance patience
    stamp series zone sla slo location path file url version seed label column col field quantile quantiles
    """.split()
)

NO_SCORE_PAIRS = frozenset(
    {
        ("start", "time"),
        ("end", "time"),
        ("begin", "time"),
        ("created", "time"),
        ("finish", "time"),
        ("date", "time"),
        ("standard", "error"),
        ("margin", "of"),
        ("audio", "seconds"),
        ("video", "seconds"),
        ("speech", "seconds"),
        ("data", "seconds"),
        ("window", "seconds"),
        ("window", "ms"),
        ("miss", "penalty"),
    }
)

FALLS = frozenset(
    "drop drops dropped decrease decreases degradation decline reduction reductions saved saving savings".split()
)
CHANGES = frozenset({"delta", "diff", "difference", "change"})

# A score of one sample, not of the model.
SAMPLE_SCORES = frozenset({"anomaly", "outlier", "novelty", "risk", "z", "fraud", "credit", "propensity", "error"})


# Direction of a metric (is more better?), from the words of its name; NEITHER if unsure

_CHUNK = re.compile(r"[^\W_]+|@")
_CAMEL = re.compile(r"[A-Z]+(?![a-z])[0-9]*|[A-Z]?[a-z]+[0-9]*|[0-9]+|[^\W_]")
_SPLIT_PREFIX = re.compile(r"^(?:train|training|val|valid|validation|test|dev|eval)(?P<rest>[a-z].*)$")
_RANKED = frozenset({"p", "r", "h", "hr", "precision", "pass", "top"})


@lru_cache(maxsize=4096)
def direction(key: str) -> Direction:
    """Return UP, DOWN or NEITHER by the words of the key's last name. Never fails."""
    words = _words(last_name(key)[:200])
    rate = _rate(words)
    if rate is not None:
        return rate
    words = _subject(words)
    if _no_score(words):
        return Direction.NEITHER
    return _judge(words)


def _words(name: str) -> list[str]:
    """Split into lower-case words at signs and camelCase; known abbreviations (`mAP`, `rougeL`) stay whole."""
    words: list[str] = []
    for chunk in _CHUNK.findall(unicodedata.normalize("NFKC", name)):
        if chunk == "@":
            words.append("at")
        elif chunk.isdigit() or _known(chunk.lower()):
            words.append(_base(chunk.lower()))
        else:
            words.extend(_base(part.lower()) for part in _CAMEL.findall(chunk))
    if len(words) < 2:
        return words
    text = " ".join(words)
    for pair, word in PAIRS:
        text = re.sub(rf"\b{pair}\b", word, text)
    return text.split()


def _base(word: str) -> str:
    """Return the word without digits (`bleu4`) or a glued prefix (`valloss`), to look it up in the tables."""
    if word in UP or word in DOWN:
        return word
    if match := _SPLIT_PREFIX.match(word):
        rest = match["rest"].rstrip("0123456789")
        if rest in UP or rest in DOWN:
            return rest
    return word.rstrip("0123456789") or word


def _known(word: str) -> bool:
    base = _base(word)
    return base in UP or base in DOWN


def _rate(words: list[str]) -> Direction | None:
    """Return the direction of `tokens_per_second` and `ms_per_token`; None if the name is no such rate."""
    if "per" not in words[1:-1]:
        return None
    at = words.index("per", 1)
    before = _judge(words[:at])
    if words[at + 1] in SECONDS:
        return Direction.DOWN if before is Direction.DOWN else Direction.UP
    return before


def _subject(words: list[str]) -> list[str]:
    """Return the words before "at", "on", "vs"...: `recall` of `recall_at_fpr_0.01`; `p@5` is a precision."""
    for at, word in enumerate(words):
        if word in CUTS and at:
            return ["precision"] if word == "at" and words[at - 1] in _RANKED else words[:at]
    return words


def _no_score(words: list[str]) -> bool:
    if not words or words[0] in COUNTED or NO_SCORE_ANYWHERE.intersection(words):
        return True
    if "best" in words and words[-1] in {"epoch", "step", "iteration"}:
        return True  # the epoch of the best score, not the score
    return not NO_SCORE_PAIRS.isdisjoint(pairwise(words))


def _judge(words: list[str]) -> Direction:
    scores = [at for at, word in enumerate(words) if word in UP or word in DOWN]
    if not scores:
        return _weak(words)
    after = words[scores[-1] + 1 :]
    if NO_SCORE_AFTER.intersection(after) or (after and after[-1] in {"low", "high", "lower", "upper"}):
        return Direction.NEITHER
    found = Direction.UP if words[scores[-1]] in UP else Direction.DOWN
    if words[-1] in {"coef", "coefficient"} and found is Direction.DOWN:
        return Direction.NEITHER  # kl_loss_coef is a setting, dice_coef a score
    if _negated(words, found):
        return Direction.UP
    return _changed(words, found)


def _negated(words: list[str], found: Direction) -> bool:
    """Return True for scikit-learn's `neg_mean_squared_error` and the like, where more is better."""
    if found is not Direction.DOWN or "neg" not in words:
        return False
    following = words[words.index("neg") + 1 :]
    return bool(following) and following[0] in {"mean", "median", "root", "max", "log", "brier"}


def _changed(words: list[str], found: Direction) -> Direction:
    """Apply words of change: `accuracy_drop` is bad, `error_reduction` good; the sign of a difference is unknown."""
    if CHANGES.intersection(words):
        return Direction.NEITHER
    if FALLS.intersection(words):
        return Direction.DOWN if found is Direction.UP else Direction.UP
    if "improvement" in words or "improvements" in words:
        return Direction.UP
    return found


def _weak(words: list[str]) -> Direction:
    """Return UP for a "score" of unknown kind, NEITHER for that of one sample (`anomaly_score`)."""
    if "score" not in words and "scores" not in words:
        return Direction.NEITHER
    at = max(position for position, word in enumerate(words) if word in {"score", "scores"})
    if SAMPLE_SCORES.intersection(words) or NO_SCORE_AFTER.intersection(words[at + 1 :]):
        return Direction.NEITHER
    return _changed(words, Direction.UP)
