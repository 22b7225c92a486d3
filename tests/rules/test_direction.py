# ruff: noqa: SIM905 - the table reads better as text than as three hundred lines
import pytest
from hypothesis import given
from hypothesis import strategies as st

from release.core.direction import direction
from release.core.metrics import Direction

UP = """
accuracy acc f1 f1_score F1Score f1-macro macro_f1 f1_weighted f1score f0\\.5_score f2 fbeta precision recall
overall.recall auc auc_roc roc_auc AUROC auprc pr_auc valAUC average_precision val_acc valacc val_accuracy
testAccuracy r2 r2_score R2 R² adjusted_r2 r_squared explained_variance explained_variance_ratio mAP mAP50 mAP50-95
mAP@0\\.5 map ap ap75 mIoU MeanIoU iou dice dice_coef jaccard_index bleu bleu4 BLEU-4 sacrebleu rouge1 rougeL
rougeLsum meteor chrf bertscore bert_score exact_match em ndcg nDCG@10 mrr MRR@10 hits@5 hits_at_10 recall@10
recall_at_k precision@5 p@5 r@1 pass@1 hit_rate win_rate top5_acc top_1_accuracy Top1Acc class.loss.f1
class\\.loss\\.f1 error_f1 time_series_accuracy recall_at_fpr_0\\.01 f1_at_threshold sensitivity specificity tpr
true_positive_rate true_negative_rate npv kappa cohen_kappa mcc matthews_corrcoef pearson spearmanr
pearson_correlation concordance_index log_likelihood psnr ssim throughput fps tokens_per_second samples_per_sec
eval_samples_per_second eval_steps_per_second images_per_s score test_score silhouette_score silhouette
adjusted_rand_score v_measure ari nmi inception_score cosine_similarity mean_reward episode_return success_rate
sharpe neg_mean_squared_error neg_log_loss neg_root_mean_squared_error accuracy_gain error_reduction
loss_improvement negative_f1 train_acc_epoch acc_norm,none gsm8k mmlu faithfulness balanced_accuracy subset-accuracy
f1[3] curve.f1[0][1] worst_class_accuracy seed_42_accuracy f1_spam recall_class_a
""".split()

DOWN = """
loss val_loss valLoss train_loss_epoch total_loss losses eval_loss valloss error err error_rate top5_error top_1_err
rmse RMSE mse mae mape smape valMAE mean_squared_error max_error mean_absolute_error msle nrmse log_loss logLoss
logloss nll neg_log_likelihood negative_log_likelihood cross_entropy crossEntropy binary_cross_entropy hinge brier
brier_score perplexity ppl bits_per_byte bits_per_char wer cer eer ece expected_calibration_error fid kid lpips
frechet_inception_distance fpr fnr fpr95 fpr_at_95_tpr false_positive_rate false_negative_rate false_positives
misclassification misclassification_rate miss_rate failure_rate latency latency_ms p95_latency_ms latencyP99
inference_time_ms inference_ms time fit_time score_time train_runtime recall_time_ms time_per_sample ms_per_token
time_to_accuracy duration durationSeconds epoch_time step_time_ms ttft real_time_factor accuracy_drop f1_drop
accuracy_decrease generalization_gap loss_increase accuracy_loss dice_loss iou_loss f1_loss loss_classifier
batch_loss davies_bouldin mean_rank edit_distance kl_divergence hallucination_rate cost regret hausdorff
HD95_hausdorff reconstruction_error overall.loss errors_per_image errors_per_second loss_on_test toxicity data_drift
collision_rate
""".split()

NEITHER = """
num_samples n_samples numSamples nSamples n_f1 num_errors sample_count support total count samples train_samples
loss_weight lossWeight loss_scale loss_fn loss_type recall_weight f1_threshold iou_thresh best_f1_threshold
score_threshold seed epochs epoch best_epoch best_f1_epoch steps global_step learning_rate lr dropout_rate
batch_size vocab_size model_size_mb error_bars accuracy_std f1_stderr acc_stderr,none auc_ci std_test_score
accuracy_variance accuracy_upper threshold temperature alpha lambda weight_decay momentum num_filters embedding_dim
hidden_layers max_len patience params flops total_flos p50 p99 p_value rank lora_rank bias mean median z_score
anomaly_score risk_score time_steps time_limit start_time end_time timestamp latency_budget time_series window_ms
audio_seconds confusion_matrix[0][1] hist[0] roc_curve[3] loss_history[2] accuracy_delta f1_diff loss_change
target_accuracy baseline_f1 kl_loss_coef margin_of_error standard_error name version date f1.values
class.f1.threshold overall.f1.count banana x 1 compression_ratio gpu_memory entropy coverage early_stopping_loss
nms_iou cutoff loss_curve error_code map_size
""".split()


@pytest.mark.parametrize("name", UP)
def test_more_is_better(name):
    assert direction(name) is Direction.UP


@pytest.mark.parametrize("name", DOWN)
def test_less_is_better(name):
    assert direction(name) is Direction.DOWN


@pytest.mark.parametrize("name", NEITHER)
def test_a_name_that_is_no_score_has_no_better_side(name):
    assert direction(name) is Direction.NEITHER


@given(st.text())
def test_every_name_has_a_direction(name):
    assert direction(name) in Direction


@given(st.sampled_from([*UP, *DOWN, *NEITHER]), st.text())
def test_only_the_last_name_of_a_key_counts(name, parent):
    key = parent.replace("\\", "") + "." + name
    assert direction(key) is direction(name)


@given(st.sampled_from([name for name in [*UP, *DOWN, *NEITHER] if "_" in name]))
def test_underscores_dashes_and_spaces_are_alike(name):
    assert direction(name) is direction(name.replace("_", "-")) is direction(name.replace("_", " "))


def test_a_name_of_a_million_letters_is_judged_at_once():
    assert direction("a_" * 500_000 + "f1") is Direction.NEITHER
