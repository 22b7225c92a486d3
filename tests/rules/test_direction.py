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
error_f1 time_series_accuracy recall_at_fpr_0\\.01 f1_at_threshold sensitivity specificity tpr
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


# Names that the projects themselves write, one project a block: up | down | neither.
REAL = r"""
# scikit-learn: scorers and sklearn.metrics
explained_variance r2 matthews_corrcoef d2_absolute_error_score d2_log_loss_score d2_brier_score d2_pinball_score
d2_tweedie_score accuracy top_k_accuracy roc_auc roc_auc_ovr roc_auc_ovo roc_auc_ovr_weighted roc_auc_ovo_weighted
balanced_accuracy average_precision positive_likelihood_ratio adjusted_rand_score rand_score homogeneity_score
completeness_score v_measure_score mutual_info_score adjusted_mutual_info_score normalized_mutual_info_score
fowlkes_mallows_score neg_max_error neg_median_absolute_error neg_mean_absolute_error neg_mean_squared_error
neg_mean_absolute_percentage_error neg_mean_squared_log_error neg_root_mean_squared_error neg_log_loss
neg_root_mean_squared_log_error neg_mean_poisson_deviance neg_mean_gamma_deviance neg_brier_score
neg_negative_likelihood_ratio accuracy_score cohen_kappa_score calinski_harabasz_score consensus_score dcg_score
f1_score fbeta_score jaccard_score label_ranking_average_precision_score ndcg_score precision_score r2_score
recall_score roc_auc_score silhouette_score explained_variance_score f1_macro f1_micro f1_weighted
precision_macro recall_weighted jaccard_micro mean_test_score mean_train_score split0_test_score test_accuracy
macro\ avg.f1-score weighted\ avg.precision 0.recall spam.f1-score failure.recall False.precision toxic.f1-score
| brier_score_loss coverage_error davies_bouldin_score hamming_loss hinge_loss label_ranking_loss log_loss max_error
mean_absolute_error mean_absolute_percentage_error mean_gamma_deviance mean_pinball_loss mean_poisson_deviance
mean_squared_error mean_squared_log_error mean_tweedie_deviance median_absolute_error root_mean_squared_error
root_mean_squared_log_error zero_one_loss negative_likelihood_ratio mean_fit_time mean_score_time fit_time score_time
| confusion_matrix rank_test_score std_test_score std_fit_time weighted\ avg.support f1_samples spam.support param_C n_iter_

# torchmetrics: classes and functions
AUROC Accuracy AveragePrecision BLEUScore CHRFScore ClusterAccuracy CohenKappa ConcordanceCorrCoef CosineSimilarity
CriticalSuccessIndex ExactMatch ExplainedVariance F1Score FBetaScore FleissKappa JaccardIndex KendallRankCorrCoef
LogAUC MatthewsCorrCoef ModifiedPanopticQuality PanopticQuality MultiScaleStructuralSimilarityIndexMeasure
NegativePredictiveValue PeakSignalNoiseRatio PearsonCorrCoef Precision PrecisionAtFixedRecall R2Score Recall
RecallAtFixedPrecision RetrievalHitRate RetrievalMAP RetrievalMRR RetrievalNormalizedDCG RetrievalPrecision
RetrievalRPrecision RetrievalRecall SacreBLEUScore ScaleInvariantSignalDistortionRatio
ScaleInvariantSignalNoiseRatio SensitivityAtSpecificity SignalDistortionRatio SignalNoiseRatio SpearmanCorrCoef
Specificity SpecificityAtSensitivity StructuralSimilarityIndexMeasure UniversalImageQualityIndex WordInfoPreserved
ComplexScaleInvariantSignalNoiseRatio SourceAggregatedSignalDistortionRatio ShortTimeObjectiveIntelligibility
PerceptualEvaluationSpeechQuality NonIntrusiveSpeechQualityAssessment DeepNoiseSuppressionMeanOpinionScore
CompleteIntersectionOverUnion DistanceIntersectionOverUnion GeneralizedIntersectionOverUnion
IntersectionOverUnion MeanAveragePrecision InceptionScore PeakSignalNoiseRatioWithBlockedEffect
SpatialCorrelationCoefficient VisualInformationFidelity BERTScore ROUGEScore CLIPScore CLIPImageQualityAssessment
AdjustedMutualInfoScore AdjustedRandScore CalinskiHarabaszScore CompletenessScore DunnIndex FowlkesMallowsIndex
HomogeneityScore MutualInfoScore NormalizedMutualInfoScore RandScore VMeasureScore DiceScore GeneralizedDiceScore
MeanIoU VideoMultiMethodAssessmentFusion short_time_objective_intelligibility dice_score mean_iou
retrieval_reciprocal_rank retrieval_auroc binary_f1_score multiclass_accuracy multilabel_ranking_average_precision
map map_50 map_75 map_small map_medium map_large mar_1 mar_10 mar_100 mar_small word_information_preserved
BinaryAccuracy MulticlassF1Score MultilabelAveragePrecision
| CalibrationError CharErrorRate EditDistance ErrorRelativeGlobalDimensionlessSynthesis ExtendedEditDistance
HammingDistance HingeLoss KLDivergence LogCoshError MatchErrorRate MeanAbsoluteError MeanAbsolutePercentageError
MeanSquaredError MeanSquaredLogError NormalizedRootMeanSquaredError Perplexity RelativeAverageSpectralError
RelativeSquaredError RetrievalFallOut RootMeanSquaredErrorUsingSlidingWindow SpectralAngleMapper
SpectralDistortionIndex SpatialDistortionIndex SymmetricMeanAbsolutePercentageError TotalVariation
TranslationEditRate WeightedMeanAbsolutePercentageError WordErrorRate WordInfoLost FrechetInceptionDistance
KernelInceptionDistance MemorizationInformedFrechetInceptionDistance LearnedPerceptualImagePatchSimilarity
DeepImageStructureAndTextureSimilarity PerceptualPathLength LipVertexError HausdorffDistance DaviesBouldinScore
MinkowskiDistance ProcrustesDisparity ContinuousRankedProbabilityScore JensenShannonDivergence
learned_perceptual_image_patch_similarity deep_image_structure_and_texture_similarity word_information_lost
continuous_ranked_probability_score expected_calibration_error binary_eer
| ConfusionMatrix CramersV TheilsU TschuprowsT MaxMetric MeanMetric SumMetric

# Hugging Face evaluate
accuracy f1 exact_match bleu google_bleu rouge1 rouge2 rougeL rougeLsum meteor sari sacrebleu bertscore.f1
precisions[0] matthews_correlation pearsonr spearmanr mean_iou overall_f1 overall_precision overall_recall
overall_accuracy PER.f1 PER.precision HasAns_exact HasAns_f1 NoAns_exact NoAns_f1 best_exact best_f1 pass@1 pass@10
mauve aupr prec_at_80_recall gm_map bpref Rprec recip_rank P@5 NDCG@10 f1_m f1_a conll_score mean_score
per_category_iou[0] per_category_accuracy[1]
| wer cer perplexities[0] mean_perplexity mape mase smape mae mse toxicity max_toxicity toxicity_ratio
total_time_in_seconds latency_in_seconds
| brevity_penalty length_ratio translation_length reference_length sys_len ref_len PER.number HasAns_total
best_exact_thresh best_f1_thresh num_edits honest_score num_ret num_rel ter.score cer.score samples_per_label

# transformers Trainer and TRL
eval_accuracy eval_f1 eval_bleu eval_rougeL eval_samples_per_second eval_steps_per_second train_samples_per_second
train_steps_per_second rewards/accuracies eval_rewards/accuracies eval_mean_token_accuracy
| eval_loss train_loss loss eval_runtime train_runtime eval_wer perplexity eval_model_preparation_time
| epoch step total_flos grad_norm learning_rate train_samples eval_samples num_input_tokens_seen rewards/chosen
rewards/rejected eval_rewards/rejected logps/chosen logits/rejected eval_batch_size

# Lightning
val_acc val/acc val_accuracy_epoch test_f1 test/auroc train_acc_step val_iou val_dice val/mAP
| val_loss val/loss train_loss_step train_loss_epoch test_loss/dataloader_idx_0 val_rmse val/perplexity
| lr-Adam lr-SGD/pg1 trainer/global_step v_num

# Ultralytics
metrics/precision(B) metrics/recall(B) metrics/mAP50(B) metrics/mAP50-95(B) metrics/mAP50(M) metrics/mAP50-95(P)
metrics/accuracy_top1 metrics/accuracy_top5 metrics/mIoU metrics/pixel_acc fitness FPS
| train/box_loss train/cls_loss train/dfl_loss val/box_loss val/cls_loss val/dfl_loss val/seg_loss val/pose_loss
val/kobj_loss metrics/rmse metrics/silog metrics/abs_rel model/speed_PyTorch(ms) model/speed_TensorRT(ms)
Inference\ time\ (ms/im)
| lr/pg0 lr/pg2 model/parameters model/GFLOPs metrics/delta1

# DETR and Detectron2
coco_eval_bbox[0]_ap bbox.AP bbox.AP50 segm.APs panoptic_PQ train_class_accuracy mask_rcnn/accuracy
| loss_ce loss_bbox loss_mask loss_vfl loss_fgl loss_ddf loss_bce loss_focal loss_mask_ce cardinality_error
class_error loss_ce_0 loss_bbox_unscaled test_loss_ce train_loss_bbox loss_rpn_cls total_loss dice_loss giou_loss
| loss_giou loss_dice loss_iou loss_ciou loss_mask_dice test_loss_giou_0 train_loss_giou_unscaled loss.giou
losses.giou loss.dice losses.similarity loss.ssim loss_similarity

# lm-evaluation-harness
acc,none acc_norm,none acc_bytes acc_all acc_mutual_info exact_match,strict-match exact_match,flexible-extract
likelihood f1,none mcc bleu chrf bleu_max bleu_acc rouge1_max rougeL_acc bleurt_max em qa_f1_score rouge_score
prompt_level_strict_acc inst_level_loose_acc non_greedy_accuracy partial_accuracy flexible_f1 numerical_match_acc
9_accuracy acc_ambig acc_disambig math_verify_acc bertscore_f1 code_sim_score per_option_accuracy_A
| word_perplexity,none byte_perplexity,none bits_per_byte,none brier_score ter perspective_api_toxicity_score
| acc_stderr,none f1_stderr,none bleu_diff rouge1_diff likelihood_diff pct_stereotype alias amb_bias_score
disamb_bias_score_Age bias_score_ambig percent_parseable n-shot versions.arc

# RAGAS
answer_accuracy answer_correctness answer_relevancy answer_similarity context_entity_recall context_precision
context_precision_with_reference context_recall context_relevance factual_correctness faithfulness
faithfulness_with_hhem id_based_context_recall nv_accuracy nv_context_relevance nv_response_groundedness
semantic_similarity non_llm_string_similarity tool_call_accuracy tool_call_f1 agent_goal_accuracy summary_score
bleu_score rouge_score response_groundedness multi_modal_faithfulness
| noise_sensitivity noise_sensitivity_relevant noise_sensitivity(mode=relevant) NoiseSensitivity
| topic_adherence string_present

# GluonTS
neg_log_likelihood_improvement
| MSE MAE abs_error MASE MAPE sMAPE RMSE NRMSE MSIS OWA mean_absolute_QuantileLoss mean_wQuantileLoss MAE_Coverage
QuantileLoss\[0\.5\] wQuantileLoss\[0\.9\] mean_weighted_sum_quantile_loss sum_quantile_loss mean_scaled_quantile_loss
scaled_interval_score sum_absolute_error winkler_score interval_score mean_interval_score CRPS
| Coverage\[0\.5\] abs_target_sum abs_target_mean seasonal_error num_masked_target_values mean_absolute_label

# AutoGluon
score_val score_test score_holdout quadratic_kappa pac mcc average_precision roc_auc_ovo_macro spearmanr
| log_loss pinball_loss soft_log_loss root_mean_squared_error mean_absolute_error WQL MASE RMSSE RMSLE WAPE SMAPE
pred_time_val pred_time_test fit_time fit_time_marginal pred_time_val_marginal
symmetric_mean_absolute_percentage_error
| stack_level fit_order can_infer num_features eval_metric

# spaCy
ents_f ents_p ents_r token_acc token_f token_p token_r tag_acc pos_acc morph_acc lemma_acc dep_uas dep_las sents_f
sents_p sents_r cats_score cats_macro_f cats_micro_p cats_macro_auc nel_micro_f spans_sc_f speed tag_micro_f
performance.ents_f
| tok2vec_loss tagger_loss parser_loss ner_loss
| ents_per_type.PERSON.p ents_f_per_type.TIME ents_per_type.TIME f1_TIME f1.TIME

# Keras
auc_1 accuracy binary_accuracy categorical_accuracy sparse_categorical_accuracy top_k_categorical_accuracy
sparse_top_k_categorical_accuracy val_sparse_categorical_accuracy precision_at_recall recall_at_precision
sensitivity_at_specificity true_positives true_negatives binary_io_u one_hot_io_u mean_io_u one_hot_mean_io_u
concordance_correlation pearson_correlation f1_score cosine_similarity r2_score
| false_positives false_negatives binary_crossentropy categorical_crossentropy sparse_categorical_crossentropy
binary_focal_crossentropy kl_divergence hinge squared_hinge categorical_hinge log_cosh_error logcosh huber
mean_squared_logarithmic_error kld val_mean_absolute_error msle ctc_loss
| mean sum learning_rate

# LightGBM, XGBoost, CatBoost
valid_0.auc valid_0.binary_logloss_improvement ndcg@5 map@3 auc_mu average_precision aucpr validation_0.aucpr
interval-regression-accuracy TotalF1 NormalizedDCG QueryAUC PRAUC learn.AUC validation.Accuracy BalancedAccuracy
| valid_0.binary_logloss binary_error multi_logloss multi_error rmse mape huber gamma_deviance cross_entropy
cross_entropy_lambda kullback_leibler_divergence merror mlogloss rmsle gamma-nloglik poisson-nloglik cox-nloglik
error@0\.7 quantile_loss learn.Logloss QueryRMSE BalancedErrorRate HammingLoss ZeroOneLoss MedianAbsoluteError
| best_iteration best_epoch num_leaves best_score_threshold

# Names that contradict themselves or their parent; classes, units, languages; quantities that are no scores
error_f1 loss_improvement hallucination_auroc toxicity.accuracy class.loss.f1 labels.loss.recall per_class.error.f1
mean_time_between_failures cost_savings time_saved latency.tokens_per_second error_reductions latency_speedup
brier_skill_score crps_skill_score levenshtein_similarity levenshtein_ratio time_to_event_auc kid.recall ser_accuracy
error.recall class.error.precision error_similarity
| accuracy_loss recall_time_ms recall_latency_ms accuracy_gap latency.ms inference_time.us inference.ms time_to_f1
latency_us failure_rate report.toxicity mmlu_perplexity mmlu.loss dice.loss success_latency_ms ttft.ms walltime.secs
iou_error reward_error auc.error accuracy_error map_errors similarity_err speed_error success_time dice_cost iou_rmse
acc_mae mos_rmse psnr_mse reward_mse accuracy.rmse dice.loss_ce auc_time map_time throughput_mape auc_seconds
| recall_failure precision_failure Recall_failure f1_failure recall_fail f1_false precision_False f1.False recall.false
accuracy.us auc_us recall_us auc.toxicity auc_toxicity auroc_hallucination recall_collision precision_violation bleu.ms
bleu_en_ms rmse_acc mae_acc mean_test_score_rank per_class.time per_language.ms languages.us False ms us results.us
class\.loss\.f1 loss_accuracy loss.accuracy model_saving_score perplexity_mmlu total_audio_duration audio_duration
dataset_duration video_duration_ms acc_x acc_y acc_z update_time creation_time unix_time float_precision
map_resolution map_width per_class.failure loss.score toxicity.score accuracy.spam
f1_error recall.error precision_errors recall_time mmlu_ms mmlu.us exact_match_us success_rate.ms auc_false accuracy.failure
std.accuracy f1.std.macro weights.loss versions.mmlu n-shot.gsm8k n-samples.hellaswag rank_test_f1 rank_test_neg_log_loss
event_time recording_time fp16_precision bf16_precision energy_score time_start

# Words that turn a measure round or make it another quantity: fairness, attacks, safety, recommenders, driving
mean_time_between_errors km_between_failures hours_between_failures hallucination_detection_f1 attack_f1 adversarial_accuracy
target.f1 low_latency.f1 inference.accuracy best_threshold.f1 baseline.f1 cindex_acc 1.f1 regression_r2 recall_attack ap_range_0_30 long_range_accuracy harmlessness_score
| seconds.inference_time diffx.loss loss_no_reg mae_non_native wer_zero_shot warm_up_time time_to_accuracy step_time hausdorff_distance loss_disparity
| jaccard_distance correlation_distance iou_distance one_minus_f1 1-specificity 1\ -\ SSIM inverse_f1 accuracy_disparity
f1_range accuracy_spread recall_imbalance accuracy_uncertainty accuracy_lost auc_shortfall accuracy_forgetting
reward_hacking speed_penalty seconds.f1 attack_success_rate jailbreak_success_rate injection_success_rate attacker_win_rate
membership_inference_auc false_success_rate lost_recall harm_score hate_score unsafe_score stereotype_score
disparity_score uncertainty_score leakage_score memorization_score severity_score base_score auc_pvalue auc_p_value
spearman_p pearson_pval pvalue.f1 p_value.auc ranks.f1 runtime.f1 latency.accuracy delta.f1 diff.rmse
lower.f1 bounds.f1 threshold.f1 f1_lo auc_ucb return_rate error_free_rate no_collision_rate non_toxicity zero_error_rate
errors_fixed error_correction_rate avoided_errors failure_recovery_rate collision_avoidance_rate hallucination_resistance
toxicity_refusal_rate crps_skill profit_loss profit_and_loss win_loss_ratio drop_f1 drop_em watch_time dwell_time
session_duration time_on_site time_in_range survival_time time_to_failure time_to_collision post_encroachment_time
time_headway on_time_rate up_time time_step cost_bbox set_cost_giou matmul_precision
"""
REAL_NAMES = [
    pytest.param(name.replace("\0", " "), side, id=f"{name}-{side.value}")
    for block in REAL.strip().split("\n\n")
    for side, names in zip(Direction, block.partition("\n")[2].split("|"), strict=True)
    for name in names.replace("\\ ", "\0").split()
]


@pytest.mark.parametrize(("name", "side"), REAL_NAMES)
def test_a_name_that_a_project_writes(name, side):
    assert direction(name) is side


@pytest.mark.parametrize(
    ("name", "side"),
    [
        ("root_mean_squared_error", Direction.NEITHER),  # AutoGluon turns the sign of every error
        ("mean_absolute_error", Direction.NEITHER),
        ("log_loss", Direction.NEITHER),
        ("pinball_loss", Direction.NEITHER),
        ("MASE", Direction.NEITHER),
        ("latency_ms", Direction.NEITHER),
        ("val_loss", Direction.DOWN),  # that of a density, for example
        ("nll", Direction.DOWN),
        ("aic", Direction.DOWN),
        ("neg_mean_squared_error", Direction.UP),
        ("r2", Direction.UP),
        ("mcc", Direction.UP),
    ],
)
def test_an_error_below_zero_was_turned_round(name, side):
    assert direction(name, -5000.0, -4500.0) is direction(name, 1.0, -0.5) is side
    assert direction(name, 1.0, 0.5) is direction(name) is not Direction.NEITHER


@pytest.mark.parametrize("name", UP)
def test_more_is_better(name):
    assert direction(name) is Direction.UP


@pytest.mark.parametrize("name", DOWN)
def test_less_is_better(name):
    assert direction(name) is Direction.DOWN


@pytest.mark.parametrize("name", NEITHER)
def test_a_name_that_is_no_score_has_no_better_side(name):
    assert direction(name) is Direction.NEITHER


def test_the_table_is_long_enough_to_mean_something():
    assert len({name for name, _ in (each.values for each in REAL_NAMES)} | {*UP, *DOWN, *NEITHER}) >= 900


@given(st.text())
def test_every_name_has_a_direction(name):
    assert direction(name) in Direction


@given(st.sampled_from([name for name in [*UP, *DOWN, *NEITHER] if "_" in name]))
def test_underscores_dashes_and_spaces_are_alike(name):
    assert direction(name) is direction(name.replace("_", "-")) is direction(name.replace("_", " "))


def test_a_name_of_a_million_letters_is_judged_at_once():
    assert direction("a_" * 500_000 + "f1") is Direction.NEITHER
