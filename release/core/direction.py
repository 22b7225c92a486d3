"""The direction of a metric: whether higher or lower is better, by its name. The rules: docs/reference/directions.md."""

# ruff: noqa: SIM905 - a vocabulary reads better as text than as four hundred quoted strings

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from itertools import pairwise

from release.core.metrics import Direction, split_key
from release.core.text import Scalar

# Measures: scores wherever they stand. `+` and `-` stand for phrases (see PHRASES).
UP = frozenset(
    """+ accuracy accuracies acc f1 f2 f3 f05 fbeta f1score f1macro f1micro fscore fmeasure f1measure
    precision prec precisions recall recalls sensitivity specificity tpr tnr ppv npv pac
    auc aucs auroc auprc aupr rocauc aucroc prauc aucpr gauc aurocs logauc ap map map50 mar bpref rprec
    r2 d2 r2score rsquared r2adj likelihood loglik loglikelihood elbo
    kappa qwk mcc corrcoef matthews pearson pearsonr spearman spearmanr kendall kendalltau correlation corr concordance
    iou miou fwiou giou ciou diou jaccard dice pq hota mota motp idf1 pck oks las uas
    bleu sacrebleu gleu rouge rouge1 rouge2 rougel rougelsum meteor chrf comet cider bleurt bertscore mauve sari aps
    em ndcg dcg mrr reciprocal psnr ssim msssim snr sdr sisdr pesq stoi mos vmaf
    silhouette calinski ari nmi ami homogeneity completeness purity mtbf fitness""".split()
)
ERRORS = frozenset(
    """loss losses rmse mse mae medae mape smape mase wape rmsle msle rmsse nrmse rmsd nmse merror
    logloss mlogloss nll nloglik xent crossentropy bce deviance brier crps perplexity perplexities
    misclassification misclassified hausdorff chamfer wasserstein""".split()
)
DOWN = ERRORS | frozenset(
    """- hinge huber pinball logcosh
    ppl bpc bpb wer cer ter eer ece mce ser fid kid kld lpips niqe brisque epe mpjpe pampjpe
    ade fde absrel silog nme procrustes msis owa wql winkler
    fpr fnr frr fdr divergence levenshtein aic bic""".split()
)
# Topics: scores too, but as often the class, benchmark or unit of the measure next to them.
UP_TOPICS = frozenset(
    """exact hit hits success successes solved correctness similarity throughput fps qps rps tps speed speedup
    reward rewards return returns win wins winrate elo sharpe profit revenue
    faithfulness helpfulness relevance relevancy groundedness fluency coherence robustness
    mmlu gsm humaneval mbpp hellaswag truthfulqa winogrande""".split()
)
DOWN_TOPICS = frozenset(
    """error errors err false misses miss failure failures fail fails failed mistakes
    collision collisions violation violations crashes hallucination hallucinations toxicity harmfulness
    latency time times runtime duration elapsed walltime delay ms us ns millis milliseconds microseconds
    sec secs seconds ttft tpot rtf gap regret drift cost costs emissions""".split()
)
MEASURES = UP | DOWN
SIDES = dict.fromkeys(UP | UP_TOPICS, Direction.UP) | dict.fromkeys(DOWN | DOWN_TOPICS, Direction.DOWN)

# At the end of a name these decide, whatever stands before: `dice_loss` is a loss.
HEADS = ERRORS | frozenset(
    """error errors err latency runtime time times elapsed walltime seconds milliseconds microseconds ttft tpot rtf
    gap drift regret cost costs""".split()
)
# Scores that are often reported for each class: after these, an error or a time is perhaps a class.
REPORTED = frozenset("f1 f1score fscore precision precisions prec recall recalls".split())
MAYBE_CLASSES = frozenset("error errors err time times".split())
# May be below zero; another error below zero was written with its sign turned.
SIGNED = frozenset("loss losses nll nloglik deviance aic bic gap drift regret cost costs delay divergence".split())
BARE = frozenset({"ms", "us", "ns", "sec", "secs", "false"})  # as a whole name perhaps a class, country or language
TIMED = frozenset(
    "latency time times timing timings runtime duration elapsed walltime delay inference ttft tpot".split()
)
# The names below these are classes.
CLASSES = frozenset("class classes label labels category categories type language languages lang country".split())

# The numbers below these are spreads, counts and settings of the scores that they name.
SPREADS = frozenset(
    "std stds stdev stddev sd stderr sem var variance ci count counts weights thresholds versions pvalue ranks".split()
)
# The same, where such a word is the whole name: `latency.f1`, but not `low_latency.f1`.
ASIDE = frozenset(
    """threshold delta deltas diff diffs difference differences change changes lower upper bounds
    latency runtime duration elapsed walltime seconds""".split()
)

# Phrases, each replaced by one word of the tables (in this order).
PHRASES = (
    (r"f [15]|f beta|f score|f measure|(?:ents|sents|token|spans \w+|macro|micro) [prf]", "fscore"),
    (r"r 2|r squared?|explained variance(?: ratio)?|variance explained", "r2"),
    (r"d2 (?:absolute error|log loss|brier|pinball|tweedie)|d 2", "d2"),
    (r"(?:neg|negative) log likelihood", "nll"),
    (r"log likelihood|log prob|log probability", "likelihood"),
    (r"(?:binary |categorical |sparse )*(?:focal )?cross entropy(?: lambda)?|(?:log|quantile) loss", "logloss"),
    (r"(?:squared|absolute|percentage|log|cosh|calibration) errors?", "mae"),
    (r"(?:hamming|absolute) (?:deviation|distance)", "mae"),
    (r"(?:true|t) (?:positive|negative) rate|true (?:positives|negatives)", "tpr"),
    (r"(?:positive|negative) predictive value", "tpr"),
    (r"false (?:positives?|negatives?|discovery|acceptance|rejection|alarms?)(?: rate)?", "fpr"),
    (r"(?:time|hours|distance|km|miles) between (?:failures?|errors|crashes|collisions)", "+"),
    (r"area under (?:the )?(?:\w+ )*curve|(?:io u|intersection over union)", "+"),
    (r"(?:time|latency|duration|delay) (?:ms|us|ns|s|secs?|seconds|milliseconds)|speed (?:\w+ )*ms", "runtime"),
    (r"short time objective intelligibility|mean opinion score|signal (?:to )?(?:noise|distortion)(?: ratio)?", "+"),
    (r"(?:detection|pass|completion|acceptance) rate", "success"),
    (r"v measure|rand (?:index|score)|c index|mutual info(?:rmation)?|fowlkes mallows|dunn index|recip rank", "+"),
    (r"(?:panoptic|speech|image) quality|info(?:rmation)? (?:preserved|fidelity)|method assessment fusion", "+"),
    (r"(?:image patch|structure and texture) similarity|davies bouldin(?: score| index)?|abs rel", "-"),
    (r"(?:brier |crps )?skill score|levenshtein (?:similarity|ratio)", "+"),
    (r"(?:edit|frechet|frechet inception|inception|minkowski) distance|(?:mean|median|average) rank", "-"),
    (r"bits per (?:byte|character|char|token|word|dim)|negative likelihood ratio|probability score", "-"),
    (r"real ?time factor|noise sensitivity(?: mode)?|interval score|edit rate|fall out|info(?:rmation)? lost", "-"),
    (r"path length|total variation|(?:spectral|spatial) distortion index|spectral angle", "-"),
    (r"p val(?:ue)?s?|pvals?|pvalues?|(?:pearsonr?|spearmanr?|kendall|kendalltau) p", "pvalue"),
    (r"time to (?:event|failure|collision|death|relapse|progression)|time (?:on (?:site|page)|in range)", "event"),
    (r"(?:survival|watch|dwell|session|view|viewing|listening|encroachment|alive) (?:time|duration)", "event"),
    (r"time to", "time at"),
)

# The words before one of these name the metric, those after it the conditions.
CUTS = frozenset({"at", "on", "vs", "versus", "for", "against", "under", "over", "within", "when", "with", "using"})
SECONDS = frozenset({"second", "seconds", "sec", "secs", "s", "minute", "min", "hour", "hr", "h", "ms", "day"})
COUNTED = frozenset({"n", "nb", "num", "nr"})  # as the first word: a count (`n_errors`)
NO_SCORE_ANYWHERE = frozenset(
    """num nb number count counts cnt std stdev stddev sd stderr sem var variance iqr ci confidence
    target baseline reference nms early support timestamp chosen rejected pvalue minus inverse""".split()
)

# After a score's name these change its meaning: to a setting, a place, a count.
NO_SCORE_AFTER = frozenset(
    """weight weights threshold thresholds thresh thres cutoff fn function type name kind code message id mode
    scale factor lambda alpha gamma eps epsilon margin bar bars bin bins bits hist histogram history curve
    curves matrix values list array plot plots log samples examples instances rows images documents tokens classes
    labels features epochs steps iterations iters batches trees layers folds users items queries objects
    size length resolution width height limit budget window interval period schedule decay clip clipping tolerance
    patience stamp series zone sla slo location path file url version seed label column col field quantile quantiles""".split()
)
NO_SCORE_PAIRS = re.compile(
    r"\b(?:(?:start|end|begin|created?|creation|finish|date|event|recording|updated?|modified|unix|access) (?:time|runtime)"
    r"|(?:audio|video|speech|data|dataset|clip|window) (?:seconds|duration|ms|runtime)"
    r"|(?:float|fp|bf|mixed|numeric|half|amp|matmul|decimal) precision|acc [xyz]|(?:standard|seasonal) error|rank test"
    r"|time (?:start|end|step|headway|alive)|margin of|miss penalty|(?:on|^up) time|returns? rate"
    r"|(?:attack|attacker|jailbreak|backdoor|poison|injection|evasion|adversarial) (?:success|win)|attack (?:accuracy|acc)"
    r"|membership inference|(?:false|failed|wrong|missed|lost) (?:success|successes|hits?|wins?|exact|recall)"
    r"|(?:win|gain|profit|and) loss|drop (?:f1|fscore|em|exact)|cost (?:bbox|class|giou|mask|dice)"
    r"|(?:no|non|zero|avoided|prevented|recovered) (?:errors?|failures?|collisions?|violations?|hallucinations?|toxicity|loss(?:es)?))\b"
)
FALLS = frozenset(
    "drop drops dropped decrease decreases degradation decline reduction reductions saved saving savings".split()
)
CHANGES = frozenset({"delta", "diff", "difference", "change"})
# Directly after the last score these turn it round, or say that it is another quantity.
TURNS_UP = frozenset(
    """distance disparity spread range imbalance inequality uncertainty instability volatility bias lost shortfall deficit
    forgetting penalty hacking""".split()
)
TURNS_DOWN = frozenset("free fixed corrected correction recovery avoidance prevention resistance refusal skill".split())
# A score of one sample, or one that is good near zero or low: `score` next to these has no direction.
SAMPLE_SCORES = frozenset(
    """anomaly outlier novelty risk z fraud credit propensity energy rank bias honest base spam threat severity pain
    harm harmful hate violence unsafe toxic nsfw stereotype attack jailbreak disparity uncertainty distance contamination
    memorization leakage plagiarism redundancy repetition penalty deviation sycophancy inconsistency contradiction
    unfairness overfitting fault deception degeneration""".split()
)
NEGATED = frozenset("mean median root max log logloss mae brier -".split())
_CHUNK = re.compile(r"[^\W_]+|@")
_CAMEL = re.compile(r"[A-Z]+(?![a-z])[0-9]*|[A-Z]?[a-z]+[0-9]*|[0-9]+|[^\W_]")
_COMPLEMENT = re.compile(r"1 ?[-\u2212] ?[A-Za-z]")  # `1-specificity`
_SPLIT_PREFIX = re.compile(r"^(?:train|training|val|valid|validation|test|dev|eval)(?P<rest>[a-z].*)$")
_RANKED = frozenset({"p", "r", "h", "hr", "precision", "pass", "top"})


def direction(key: str, *values: Scalar) -> Direction:
    """Return UP, DOWN or NEITHER by the words of a key, and by its values where they are known. Never fails."""
    found, signed = _by_name(key)
    turned = (
        found is Direction.DOWN and not signed and any(isinstance(each, int | float) and each < 0 for each in values)
    )
    return Direction.NEITHER if turned else found


@lru_cache(maxsize=100_000)  # each release of a file has the same names
def _by_name(key: str) -> tuple[Direction, bool]:
    """Return the direction of a key, and whether its values may be below zero."""
    *above, words = [words_of(part[:200]) for part in split_key(key) if isinstance(part, str)][-5:] or [()]
    signed = SIGNED.issuperset(word for word in words if SIDES.get(word) is Direction.DOWN)
    found, subject = _rate(words), _subject(words)
    if found is None:
        found = Direction.NEITHER if _no_score(subject) else _judge(subject)
        found = Direction.NEITHER if subject and _is_part(subject, found, above) else found
    return found, signed


@lru_cache(maxsize=100_000)  # each release of a file has the same names
def words_of(name: str) -> tuple[str, ...]:
    """Split a name into lower-case words at signs and camelCase; known abbreviations (`mAP`, `rougeL`) stay whole."""
    words = ["minus"] if _COMPLEMENT.match(name) else []
    for chunk in _CHUNK.findall(unicodedata.normalize("NFKC", name)):
        if chunk == "@":
            words.append("at")
        elif chunk.isdigit() or _base(chunk.lower()) in SIDES:
            words.append(_base(chunk.lower()))
        else:
            words.extend(_base(part.lower()) for part in _CAMEL.findall(chunk))
    text = " ".join(words)
    for phrase, word in PHRASES if len(words) > 1 else ():
        text = re.sub(rf"\b(?:{phrase})\b", word, text)
    return tuple(text.split())


def _base(word: str) -> str:
    """Return the word without digits (`bleu4`) or a glued prefix (`valloss`), to look it up in the tables."""
    if word in SIDES:
        return word
    match = _SPLIT_PREFIX.match(word)
    rest = match["rest"].rstrip("0123456789") if match else ""
    return rest if rest in SIDES else word.rstrip("0123456789") or word


def _is_part(words: Sequence[str], found: Direction, above: Sequence[Sequence[str]]) -> bool:
    """Return True if by the names above this one is a class, a unit, or a part of an opposite score."""
    parent = above[-1] if above else ()
    if SPREADS.intersection(parent[-1:]) or COUNTED.intersection(parent[:1]):
        return True
    if len(parent) == 1 and parent[0] in ASIDE and SIDES.get(parent[0]) is not found:
        return True
    if MEASURES.isdisjoint(words) and CLASSES.intersection(parent[-1:]):
        return True
    if BARE.issuperset(words) and not any(TIMED.intersection(name) for name in above):
        return True
    parents = [name for over, name in pairwise(((), *above)) if not CLASSES.intersection(over[-1:])]
    return any(_contradicts(name, words, found) for name in parents)


def _contradicts(others: Iterable[str], words: Sequence[str], found: Direction) -> bool:
    """Return True if one of the other words has another direction and counts in addition to the last score of a name."""
    last = next((word for word in reversed(words) if word in SIDES), "")
    counted: Collection[str] = UP | ERRORS if last and last not in BARE else SIDES
    if last in HEADS:
        counted = REPORTED if last in MAYBE_CLASSES else ()
    return any(word in counted and SIDES[word] is not found for word in others)


def _rate(words: Sequence[str]) -> Direction | None:
    """Return the direction of `tokens_per_second` and `ms_per_token`; None if the name is no such rate."""
    if "per" not in words[1:-1]:
        return None
    at = words.index("per", 1)
    before = _judge(words[:at])
    return Direction.UP if words[at + 1] in SECONDS and before is not Direction.DOWN else before


def _subject(words: Sequence[str]) -> Sequence[str]:
    """Return the words before "at", "on", "vs"...: `recall` of `recall_at_fpr_0.01`; `p@5` is a precision."""
    for at, word in enumerate(words):
        if word in CUTS and at:
            return ["precision"] if word == "at" and words[at - 1] in _RANKED else words[:at]
    return words


def _no_score(words: Sequence[str]) -> bool:
    if not words or words[0] in COUNTED or NO_SCORE_ANYWHERE.intersection(words):
        return True
    place = "best" in words and words[-1] in {"epoch", "step", "iteration"}  # of the best score
    return place or NO_SCORE_PAIRS.search(" ".join(words)) is not None


def _judge(words: Sequence[str]) -> Direction:
    at = max((at for at, word in enumerate(words) if word in SIDES), default=None)
    if at is None:
        return _weak(words)
    last, after = words[at], words[at + 1 :]
    if NO_SCORE_AFTER.intersection(after) or (
        after and after[-1] in {"low", "high", "lo", "hi", "lower", "upper", "lcb", "ucb"}
    ):
        return Direction.NEITHER
    found = SIDES[last]
    if words[-1] in {"coef", "coefficient"} and found is Direction.DOWN:
        return Direction.NEITHER  # kl_loss_coef is a setting, dice_coef a score
    turns = TURNS_UP if found is Direction.UP and len(after) == 1 else TURNS_DOWN if found is Direction.DOWN else ()
    if _contradicts(words, words, found) or (after and after[0] in turns):
        return Direction.NEITHER
    if found is Direction.DOWN and any(pair[0] == "neg" and pair[1] in NEGATED for pair in pairwise(words)):
        return Direction.UP  # scikit-learn's neg_mean_squared_error and the like
    return _changed(words, found)


def _changed(words: Sequence[str], found: Direction) -> Direction:
    """Apply words of change: `accuracy_drop` is bad, `error_reduction` good; the sign of a difference is unknown."""
    if CHANGES.intersection(words):
        return Direction.NEITHER
    if FALLS.intersection(words):
        return Direction.DOWN if found is Direction.UP else Direction.UP
    return Direction.UP if {"improvement", "improvements"}.intersection(words) else found


def _weak(words: Sequence[str]) -> Direction:
    """Return UP for a "score" of unknown kind, NEITHER for that of one sample (`anomaly_score`)."""
    if "score" not in words and "scores" not in words:
        return Direction.NEITHER
    rest = words[max(at for at, word in enumerate(words) if word in {"score", "scores"}) :]
    unclear = (SAMPLE_SCORES | FALLS | CHANGES).intersection(words) or NO_SCORE_AFTER.intersection(rest)
    return Direction.NEITHER if unclear else Direction.UP
