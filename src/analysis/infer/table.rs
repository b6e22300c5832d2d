//! Which rule goes with which operator.

use super::call::Rule;
use super::{layout, lists, make, matrix, microsoft, pointwise, reduce, scores, spatial};
use crate::analysis::rows::Table;
use std::sync::LazyLock;

/// Rules, each with the operators that it is for.
type Rows = &'static [(Rule, &'static str)];

/// Operators of ONNX: <https://onnx.ai/onnx/operators/>. Those that hold graphs are not here: see [`super::walk`].
const ONNX: Rows = &[
    (
        pointwise::same,
        "Acos Acosh Asin Asinh Atan Atanh BitwiseNot Celu Clip Cos Cosh CumProd CumSum Elu Erf Exp Gelu GroupNormalization HardSigmoid \
         HardSwish Hardmax InstanceNormalization LRN LeakyRelu Log LogSoftmax LpNormalization MeanVarianceNormalization Mish PRelu Reciprocal \
         Relu ReverseSequence RotaryEmbedding Scatter ScatterElements ScatterND Selu Shrink Sigmoid Sign Sin Sinh Softmax Softplus Softsign \
         SwiGLU Swish Tan Tanh TensorScatter ThresholdedRelu Trilu Affine ParametricSoftplus ScaledTanh ImageScaler",
    ),
    (pointwise::identity, "Identity"),
    (pointwise::bit_cast, "BitCast"),
    (pointwise::apply, "Abs Ceil Floor Neg Not Round Sqrt"),
    (pointwise::dropout, "Dropout"),
    (pointwise::batch_norm, "BatchNormalization SpatialBN"),
    (pointwise::layer_norm, "LayerNormalization SimplifiedLayerNormalization RMSNormalization"),
    (pointwise::test, "IsInf IsNaN RegexFullMatch"),
    (pointwise::cast, "Cast"),
    (pointwise::cast_like, "CastLike"),
    (pointwise::like, "Bernoulli EyeLike RandomNormalLike RandomUniformLike"),
    (pointwise::quantize, "QuantizeLinear"),
    (pointwise::dequantize, "DequantizeLinear"),
    (pointwise::quantize_dynamically, "DynamicQuantizeLinear"),
    (
        pointwise::combine,
        "Add BitShift BitwiseAnd BitwiseOr BitwiseXor Div Max Mean Min Mod Mul Pow StringConcat Sub Sum",
    ),
    (pointwise::compare, "And Equal Greater GreaterOrEqual Less LessOrEqual Or Xor"),
    (pointwise::choose, "Where"),
    (pointwise::expand, "Expand"),
    (
        reduce::reduce,
        "ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare",
    ),
    (reduce::place, "ArgMax ArgMin"),
    (reduce::top, "TopK"),
    (reduce::non_zero, "NonZero"),
    (reduce::unique, "Unique"),
    (reduce::compress, "Compress"),
    (reduce::suppress, "NonMaxSuppression"),
    (reduce::loss, "NegativeLogLikelihoodLoss SoftmaxCrossEntropyLoss"),
    (spatial::conv, "Conv"),
    (spatial::conv_integer, "ConvInteger"),
    (spatial::conv_quantized, "QLinearConv"),
    (spatial::conv_transpose, "ConvTranspose"),
    (spatial::conv_causal, "CausalConvWithState"),
    (spatial::conv_deformed, "DeformConv"),
    (spatial::pool, "AveragePool LpPool MaxPool"),
    (spatial::pool_globally, "GlobalAveragePool GlobalLpPool GlobalMaxPool"),
    (spatial::unpool, "MaxUnpool"),
    (spatial::regions, "MaxRoiPool RoiAlign"),
    (spatial::resize, "Resize Upsample"),
    (spatial::sample, "GridSample"),
    (spatial::affine_grid, "AffineGrid"),
    (spatial::blocks, "DepthToSpace SpaceToDepth"),
    (spatial::image_of_columns, "Col2Im"),
    (spatial::pad, "Pad"),
    (spatial::crop, "CenterCropPad"),
    (spatial::fourier, "DFT"),
    (spatial::short_fourier, "STFT"),
    (spatial::window, "BlackmanWindow HammingWindow HannWindow"),
    (spatial::mel, "MelWeightMatrix"),
    (spatial::decode_image, "ImageDecoder"),
    (matrix::matmul, "MatMul"),
    (matrix::matmul_integer, "MatMulInteger"),
    (matrix::matmul_quantized, "QLinearMatMul"),
    (matrix::gemm, "Gemm"),
    (matrix::determinant, "Det"),
    (matrix::einsum, "Einsum"),
    (matrix::recurrent, "GRU LSTM RNN"),
    (matrix::attention, "Attention"),
    (matrix::attention_linear, "LinearAttention"),
    (layout::reshape, "Reshape"),
    (layout::flatten, "Flatten"),
    (layout::squeeze, "Squeeze"),
    (layout::unsqueeze, "Unsqueeze"),
    (layout::transpose, "Transpose"),
    (layout::shape, "Shape"),
    (layout::size, "Size"),
    (layout::concat, "Concat"),
    (layout::split, "Split"),
    (layout::slice, "Slice"),
    (layout::gather, "Gather"),
    (layout::gather_elements, "GatherElements"),
    (layout::gather_nd, "GatherND"),
    (layout::tile, "Tile"),
    (layout::one_hot, "OneHot"),
    (make::constant, "Constant"),
    (make::constant_of_shape, "ConstantOfShape"),
    (make::range, "Range"),
    (make::random, "RandomNormal RandomUniform"),
    (make::multinomial, "Multinomial"),
    (make::count_words, "TfIdfVectorizer"),
    (make::normalize_text, "StringNormalizer"),
    (make::split_text, "StringSplit"),
    (lists::list, "SequenceConstruct"),
    (lists::empty, "SequenceEmpty"),
    (lists::insert, "SequenceInsert"),
    (pointwise::same, "SequenceErase"),
    (lists::element, "SequenceAt OptionalGetElement"),
    (lists::length, "SequenceLength OptionalHasElement"),
    (lists::optional, "Optional"),
    (lists::split, "SplitToSequence"),
    (lists::join, "ConcatFromSequence"),
];

const LEARNING: Rows = &[
    (pointwise::same, "Binarizer Imputer"),
    (scores::to_float, "Normalizer Scaler"),
    (scores::rename, "CategoryMapper LabelEncoder"),
    (scores::one_hot, "OneHotEncoder"),
    (scores::columns, "ArrayFeatureExtractor"),
    (scores::join, "FeatureVectorizer"),
    (scores::classify, "LinearClassifier SVMClassifier TreeEnsembleClassifier"),
    (scores::regress, "LinearRegressor SVMRegressor TreeEnsemble TreeEnsembleRegressor"),
    (lists::zip_map, "ZipMap"),
];

const PREVIEW: Rows = &[(matrix::attention_flexible, "FlexAttention")];

const TRAINING: Rows = &[(pointwise::updated, "Adagrad Adam Momentum")];

/// Operators of ONNX Runtime: <https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md>.
const MICROSOFT: Rows = &[
    (
        pointwise::same,
        "SwiGLU BiasDropout BiasGelu BiasAdd BiasSoftmax FastGelu Gelu GroupNorm Inverse LongformerAttention MoE QMoE NGramRepeatBlock \
         QLinearLeakyRelu QLinearSigmoid QLinearSoftmax QuickGelu RotaryEmbedding GemmaRotaryEmbedding Trilu",
    ),
    (microsoft::skip_norm, "SkipLayerNormalization SkipSimplifiedLayerNormalization"),
    (pointwise::layer_norm, "LayerNormalization SimplifiedLayerNormalization"),
    (microsoft::embed, "EmbedLayerNormalization"),
    (microsoft::attention, "Attention"),
    (microsoft::attention_quantized, "QAttention"),
    (microsoft::heads_attention, "MultiHeadAttention"),
    (microsoft::grouped_attention, "GroupQueryAttention"),
    (matrix::matmul_fused, "FusedMatMul TransposeMatMul"),
    (matrix::matmul_to_float, "DynamicQuantizeMatMul MatMulIntegerToFloat"),
    (matrix::matmul_packed, "MatMulBnb4 MatMulFpQ4 MatMulNBits"),
    (matrix::gemm, "FusedGemm"),
    (microsoft::gemm_quantized, "QGemm"),
    (spatial::conv, "FusedConv"),
    (spatial::conv_causal, "CausalConvWithState"),
    (matrix::attention_linear, "LinearAttention"),
    (pointwise::quantized_pair, "QLinearAdd QLinearMul"),
    (microsoft::concat_quantized, "QLinearConcat"),
    (pointwise::quantize, "QuantizeLinear"),
    (pointwise::dequantize, "DequantizeLinear"),
    (microsoft::halve, "BiasSplitGelu"),
    (microsoft::gather_blocks, "GatherBlockQuantized"),
    (layout::gather_nd, "GatherND"),
    (make::range, "Range"),
    (spatial::sample, "GridSample"),
];

/// The rows of each domain, by its full name.
const DOMAINS: [(&str, Rows); 5] = [
    ("ai.onnx", ONNX),
    ("com.microsoft", MICROSOFT),
    ("ai.onnx.ml", LEARNING),
    ("ai.onnx.preview", PREVIEW),
    ("ai.onnx.preview.training", TRAINING),
];

static TABLES: LazyLock<Vec<Table>> = LazyLock::new(|| DOMAINS.iter().map(|(_, rows)| Table::of(rows)).collect());

/// The rule of `operator` in `domain`, by its full name.
pub fn rule(domain: &str, operator: &str) -> Option<Rule> {
    let at = DOMAINS.iter().position(|(name, _)| *name == domain)?;
    TABLES.get(at)?.find(DOMAINS.get(at)?.1, operator)
}

/// Whether there are rules for `domain` at all.
pub fn knows(domain: &str) -> bool {
    DOMAINS.iter().any(|(name, _)| *name == domain)
}
