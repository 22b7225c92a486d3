"""Vocabulary of metric names in machine learning. Used by `direction`."""

# ruff: noqa: SIM905 - a vocabulary reads better as text than as four hundred quoted strings

from __future__ import annotations

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
