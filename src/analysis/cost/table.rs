//! Which formula goes with which operator, by vocabulary: what the domain of operators without one stands for, or the format that defines them.
//!
//! What is not here goes by its family: what moves data costs nothing; elementwise operators and activations take one operation for each element of
//! the output, reductions one for each element of the input. The cost of convolutions, products, attention and recurrent layers that are not
//! here is not known.

use super::formulas::{self as formula, Formula, SOFTMAX, Use, Work};
use crate::analysis::rows::Table;
use crate::model::{Category, Node};
use std::sync::LazyLock;

/// Formulas, each with the operators that it is for.
type Rows = &'static [(Formula, &'static str)];

/// ONNX, with what ONNX Runtime puts into its domain.
const ONNX: Rows = &[
    (formula::convolution::<1, 0>, "Conv ConvInteger DeformConv FusedConv CausalConvWithState"),
    (formula::convolution::<3, 0>, "QLinearConv"),
    (formula::transposed::<0, 1, 0>, "ConvTranspose"),
    (formula::product::<0>, "MatMul MatMulInteger Gemm QLinearMatMul"),
    (formula::einsum, "Einsum"),
    (formula::recurrent, "GRU LSTM RNN"),
    (formula::attention, "Attention FlexAttention"),
    (formula::window, "AveragePool LpPool MaxPool"),
    (formula::taken::<1>, "GlobalAveragePool GlobalLpPool GlobalMaxPool"),
    (formula::each::<4>, "Resize Upsample GridSample"),
    (formula::each::<2>, "BatchNormalization"),
    (
        formula::each::<8>,
        "GroupNormalization InstanceNormalization LayerNormalization LpNormalization LRN MeanVarianceNormalization",
    ),
    (formula::each::<4>, "RMSNormalization SimplifiedLayerNormalization"),
    (formula::each::<SOFTMAX>, "LogSoftmax Softmax"),
    (formula::joined, "Max Mean Min Sum"),
    (formula::nothing, "If Loop Scan SequenceMap Dropout Identity"),
];

const MICROSOFT: Rows = &[
    (formula::convolution::<1, 0>, "FusedConv CausalConvWithState"),
    (formula::product::<0>, "FusedMatMul TransposeMatMul FusedGemm QGemm DynamicQuantizeMatMul MatMulIntegerToFloat"),
    (formula::packed, "MatMulNBits MatMulBnb4 MatMulFpQ4"),
    (formula::attention_of_input, "Attention QAttention"),
    (formula::attention, "MultiHeadAttention GroupQueryAttention"),
    (formula::each::<9>, "SkipLayerNormalization EmbedLayerNormalization"),
    (formula::each::<5>, "SkipSimplifiedLayerNormalization"),
    (formula::each::<2>, "BiasGelu QuickGelu"),
];

/// The operators that torch registers, in programs and in TorchScript.
const ATEN: Rows = &[
    (formula::convolution::<1, 0>, "conv1d conv2d conv3d conv_depthwise3d"),
    (formula::either, "convolution _convolution convolution_overrideable"),
    (formula::transposed::<0, 1, 0>, "conv_transpose1d conv_transpose2d conv_transpose3d"),
    (formula::dense, "linear"),
    (formula::product::<0>, "mm bmm matmul mv dot"),
    (formula::product::<1>, "addmm baddbmm addbmm addmv"),
    (formula::recurrent_gates, "lstm gru rnn_tanh rnn_relu"),
    (
        formula::attention,
        "scaled_dot_product_attention _scaled_dot_product_flash_attention _scaled_dot_product_flash_attention_for_cpu \
         _scaled_dot_product_efficient_attention _scaled_dot_product_cudnn_attention _scaled_dot_product_attention_math",
    ),
    (
        formula::window,
        "max_pool1d max_pool2d max_pool3d avg_pool1d avg_pool2d avg_pool3d max_pool2d_with_indices max_pool3d_with_indices",
    ),
    (
        formula::taken::<1>,
        "adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d _adaptive_avg_pool2d adaptive_max_pool2d",
    ),
    (formula::each::<2>, "batch_norm native_batch_norm _native_batch_norm_legit_no_training"),
    (formula::each::<8>, "layer_norm native_layer_norm group_norm native_group_norm instance_norm"),
    (formula::each::<4>, "rms_norm upsample_bilinear2d upsample_nearest2d"),
    (formula::each::<SOFTMAX>, "softmax _softmax log_softmax _log_softmax"),
];

/// Builtin operators of TensorFlow Lite: filters are `O×H×W×I`.
const TFLITE: Rows = &[
    (formula::convolution::<1, 0>, "Conv2D"),
    (formula::convolution::<1, 3>, "DepthwiseConv2D"),
    (formula::transposed::<2, 1, 3>, "TransposeConv"),
    (formula::convolution_last, "Conv3D"),
    (formula::dense, "FullyConnected"),
    (formula::product::<0>, "BatchMatMul"),
    (
        formula::recurrent_gates,
        "LSTM RNN UnidirectionalSequenceLSTM UnidirectionalSequenceRNN BidirectionalSequenceLSTM BidirectionalSequenceRNN",
    ),
    (formula::window, "AveragePool2D L2Pool2D MaxPool2D"),
    (formula::each::<4>, "ResizeBilinear ResizeNearestNeighbor"),
    (formula::each::<SOFTMAX>, "LogSoftmax Softmax"),
    (formula::each::<3>, "L2Normalization"),
];

/// Graphs of TensorFlow: filters are `H×W×I×O`.
const TENSORFLOW: Rows = &[
    (formula::convolution_last, "Conv2D Conv3D _FusedConv2D"),
    (formula::depthwise_last, "DepthwiseConv2dNative FusedDepthwiseConv2dNative"),
    (formula::transposed::<2, 1, 3>, "Conv2DBackpropInput"),
    (formula::product::<0>, "MatMul BatchMatMul BatchMatMulV2 BatchMatMulV3 _FusedMatMul"),
    (formula::einsum, "Einsum"),
    (formula::window, "AvgPool MaxPool AvgPool3D MaxPool3D"),
    (formula::each::<2>, "FusedBatchNorm FusedBatchNormV2 FusedBatchNormV3"),
    (formula::each::<SOFTMAX>, "LogSoftmax Softmax"),
    (formula::joined, "AddN"),
];

/// Layers of Keras: filters are `H×W×I×O`, weights of dense layers `I×O`.
const KERAS: Rows = &[
    (formula::convolution_last, "Conv1D Conv2D Conv3D"),
    (formula::depthwise_last, "DepthwiseConv2D"),
    (formula::transposed::<0, 1, 2>, "Conv1DTranspose"),
    (formula::transposed::<0, 1, 3>, "Conv2DTranspose"),
    (formula::transposed::<0, 1, 4>, "Conv3DTranspose"),
    (formula::product::<0>, "Dense"),
    (formula::einsum, "EinsumDense"),
    (formula::steps, "GRU LSTM SimpleRNN RNN Bidirectional TimeDistributed"),
    (formula::each::<2>, "BatchNormalization"),
    (formula::each::<SOFTMAX>, "Softmax"),
];

/// Operators whose output is a view of their first input, whatever the vocabulary.
const VIEWS: &str = "Reshape Flatten Squeeze Unsqueeze Identity Dropout ExpandDims view _unsafe_view reshape flatten squeeze unsqueeze expand \
                     permute transpose t select slice detach alias contiguous getitem StopGradient";

/// The rows of each vocabulary.
const VOCABULARIES: [(&str, Rows); 6] = [
    ("ai.onnx", ONNX),
    ("com.microsoft", MICROSOFT),
    ("aten", ATEN),
    ("tflite", TFLITE),
    ("tensorflow", TENSORFLOW),
    ("keras", KERAS),
];

static TABLES: LazyLock<Vec<Table>> = LazyLock::new(|| VOCABULARIES.iter().map(|(_, rows)| Table::of(rows)).collect());

fn find(vocabulary: &str, node: &Node) -> Option<Formula> {
    let vocabulary = if node.domain.is_empty() { vocabulary } else { &node.domain };
    let at = VOCABULARIES.iter().position(|(name, _)| *name == vocabulary)?;
    let (table, rows) = (TABLES.get(at)?, VOCABULARIES.get(at)?.1);
    let operator: &str = &node.operator;
    // What works in place does the same.
    table.find(rows, operator).or_else(|| table.find(rows, operator.strip_suffix('_')?))
}

/// The work of a node; none if it is not known.
pub fn work(vocabulary: &str, of: &Use) -> Option<Work> {
    if let Some(formula) = find(vocabulary, of.node) {
        return formula(of);
    }
    match of.node.category {
        Category::Shape | Category::Data | Category::Control => Some(Work::default()),
        Category::Elementwise | Category::Activation => formula::each::<1>(of),
        Category::Reduction | Category::Pool => formula::taken::<1>(of),
        Category::Normalization => formula::each::<8>(of),
        Category::Convolution | Category::Linear | Category::Attention | Category::Recurrent | Category::Other => None,
    }
}

/// Whether the first output of a node is a view of its first input.
pub fn is_view(node: &Node) -> bool {
    static NAMES: LazyLock<Table> = LazyLock::new(|| Table::of(&[((), VIEWS)]));
    NAMES.find(&[((), VIEWS)], &node.operator).is_some()
}
