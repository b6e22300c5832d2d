//! The families of ATen operators, which programs of several formats are made of.
//!
//! Names: <https://github.com/pytorch/pytorch/blob/main/aten/src/ATen/native/native_functions.yaml>.

use crate::model::Category;

/// The operators by family, without overloads and without the underscores of variants.
const FAMILIES: &[(Category, &str)] = &[
    (
        Category::Convolution,
        "conv1d conv2d conv3d conv_transpose1d conv_transpose2d conv_transpose3d convolution convolution_overrideable cudnn_convolution \
         mkldnn_convolution conv_tbc conv_depthwise3d slow_conv2d quantized_conv_per_tensor quantized_conv1d quantized_conv2d deform_conv2d",
    ),
    (
        Category::Linear,
        "linear addmm mm bmm matmul baddbmm addbmm addmv mv dot vdot einsum bilinear tensordot chain_matmul linalg_multi_dot outer ger inner \
         weight_int8pack_mm weight_int4pack_mm scaled_mm int_mm addr mkldnn_linear quantized_linear stft istft inverse pinverse det svd \
         cholesky_inverse triangular_solve matrix_exp kron cross",
    ),
    (
        Category::Activation,
        "relu relu6 gelu silu sigmoid tanh softmax log_softmax safe_softmax hardtanh hardswish hardsigmoid hardshrink softshrink tanhshrink \
         leaky_relu elu celu selu prelu rrelu mish softplus softsign threshold glu swish logsigmoid log_sigmoid_forward prelu_kernel \
         rrelu_with_noise softmin logit MKLDNNHardSwish MKLDNNHardSigmoid MKLDNNHardTanh quantized_relu6",
    ),
    (
        Category::Normalization,
        "batch_norm native_batch_norm native_batch_norm_legit native_batch_norm_legit_no_training native_batch_norm_legit_functional \
         batch_norm_with_update cudnn_batch_norm layer_norm native_layer_norm group_norm native_group_norm instance_norm rms_norm fused_rms_norm \
         local_response_norm weight_norm weight_norm_interface normalize renorm",
    ),
    (
        Category::Pool,
        "max_pool1d max_pool2d max_pool3d max_pool1d_with_indices max_pool2d_with_indices max_pool3d_with_indices avg_pool1d avg_pool2d avg_pool3d \
         adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d adaptive_max_pool1d adaptive_max_pool2d adaptive_max_pool3d \
         fractional_max_pool2d lp_pool1d lp_pool2d upsample_nearest1d upsample_nearest2d upsample_nearest3d upsample_bilinear2d upsample_bicubic2d \
         upsample_linear1d upsample_trilinear3d upsample_bilinear2d_aa interpolate grid_sampler grid_sampler_2d grid_sampler_3d pixel_shuffle \
         pixel_unshuffle affine_grid_generator mkldnn_max_pool2d roi_align roi_pool ps_roi_align ps_roi_pool",
    ),
    (
        Category::Attention,
        "scaled_dot_product_attention scaled_dot_product_flash_attention scaled_dot_product_efficient_attention \
         scaled_dot_product_flash_attention_for_cpu scaled_dot_product_attention_math scaled_dot_product_cudnn_attention \
         native_multi_head_attention multi_head_attention_forward flex_attention transformer_encoder_layer_fwd",
    ),
    (
        Category::Shape,
        "view view_copy reshape reshape_copy unsafe_view flatten unflatten squeeze squeeze_copy unsqueeze unsqueeze_copy permute permute_copy \
         transpose transpose_copy t t_copy expand expand_copy expand_as cat concat concatenate stack split split_copy split_with_sizes \
         split_with_sizes_copy chunk unbind unbind_copy slice slice_copy select select_copy index index_select gather scatter scatter_add index_put \
         slice_scatter select_scatter narrow repeat repeat_interleave tile roll flip pad constant_pad_nd reflection_pad1d reflection_pad2d \
         replication_pad1d replication_pad2d movedim swapaxes embedding embedding_bag one_hot unfold unfold_copy fold im2col col2im tril triu \
         diagonal diag diag_embed take take_along_dim masked_select contiguous broadcast_to broadcast_tensors atleast_1d hstack vstack view_as_real \
         view_as_complex as_strided as_strided_copy reshape_as view_as channel_shuffle meshgrid masked_scatter index_add index_fill getitem \
         sym_size numel T mT adjoint moveaxis unsafe_split unsafe_chunk tensor_split resize size dim len stride __getitem__ __contains__ \
         __range_length __derive_index append extend insert pop remove clear items keys values get update setdefault set_item Delete reverse \
         TupleIndex TupleSlice ConstantChunk index_copy column_stack dstack hsplit vsplit dsplit nonzero_numpy flipud fliplr rot90 ravel \
         unchecked_cast unwrap_optional list dict shape_as_tensor pack_padded_sequence pad_packed_sequence",
    ),
    (
        Category::Elementwise,
        "add sub mul div rsub pow sqrt rsqrt exp exp2 expm1 log log2 log10 log1p abs neg sin cos tan asin acos atan atan2 sinh cosh asinh acosh \
         atanh erf erfc erfinv ceil floor round trunc frac sign reciprocal square clamp clamp_min clamp_max clip maximum minimum fmod remainder \
         floor_divide true_divide addcmul addcdiv lerp where eq ne lt le gt ge logical_and logical_or logical_not logical_xor bitwise_and \
         bitwise_or bitwise_not bitwise_xor bitwise_left_shift bitwise_right_shift masked_fill isnan isinf isfinite nan_to_num hypot sgn __and__ \
         __or__ __xor__ polar complex real imag conj conj_physical and or not iadd isub imul greater less greater_equal less_equal not_equal \
         copysign xlogy logaddexp divide multiply subtract negative absolute truediv floordiv mod __is__ __isnot__ special_expit __not__ __lshift__ \
         __rshift__ add_relu mul_relu add_scalar mul_scalar add_scalar_relu mul_scalar_relu isclose deg2rad rad2deg sinc lgamma digamma signbit \
         fmax fmin float_power arctan2 MKLDNNScalarMul MKLDNNClamp",
    ),
    (
        Category::Reduction,
        "sum mean amax amin max min argmax argmin prod std var var_mean std_mean all any norm linalg_vector_norm vector_norm cumsum cumprod cummax \
         cummin logsumexp logcumsumexp topk sort argsort kthvalue median mode nansum nanmean count_nonzero nonzero unique unique2 bincount histc \
         cross_entropy_loss nll_loss nll_loss_nd nll_loss_forward mse_loss l1_loss smooth_l1_loss huber_loss kl_div binary_cross_entropy \
         binary_cross_entropy_with_logits cosine_similarity cdist pairwise_distance equal searchsorted bucketize nms aminmax dist nanmedian \
         quantile trace diff",
    ),
    (
        Category::Recurrent,
        "lstm gru rnn_tanh rnn_relu lstm_cell gru_cell rnn_tanh_cell rnn_relu_cell thnn_fused_lstm_cell mkldnn_rnn_layer quantized_lstm \
         quantized_gru quantized_lstm_cell_dynamic quantized_gru_cell_dynamic",
    ),
    (
        Category::Control,
        "cond while_loop map map_impl scan associative_scan invoke_subgraph wrap wrap_with_set_grad_enabled wrap_with_autocast auto_functionalized \
         auto_functionalized_v2 triton_kernel_wrapper_functional triton_kernel_wrapper_mutation assert_async assert_scalar assert_tensor_metadata \
         sym_constrain_range sym_constrain_range_for_size checkpoint tag_activation_checkpoint executorch_call_delegate call_torchbind with_effects \
         hints_wrapper strict_mode If Loop RaiseException CallFunction CallMethod Print fork wait Enter Exit awaitable",
    ),
    (
        Category::Data,
        "arange zeros zeros_like ones ones_like full full_like empty empty_like empty_strided empty_permuted rand rand_like randn randn_like \
         randint randperm bernoulli multinomial normal uniform new_zeros new_ones new_full new_empty scalar_tensor tensor as_tensor eye linspace to \
         to_copy to_dim_order_copy clone clone_dim_order empty_dim_order type_as lift_fresh lift_fresh_copy lift detach detach_copy alias \
         alias_copy copy dropout native_dropout alpha_dropout feature_dropout item local_scalar_dense quantize_per_tensor quantize_per_channel \
         dequantize_per_tensor dequantize_per_channel quantize dequantize fake_quantize_per_tensor_affine fake_quantize_per_channel_affine \
         choose_qparams choose_qparams_affine quantize_affine dequantize_affine dequantize_per_token quantize_per_token float double int long bool \
         half fill zero identity sym_int sym_float sym_not Int Float Bool NumToTensor ImplicitTensorToNum Constant ListConstruct TupleConstruct \
         DictConstruct ListUnpack TupleUnpack GetAttr SetAttr CreateObject device dtype layout is_cuda is_floating_point is_complex requires_grad \
         data type str format percentFormat Size Complex FloatImplicit IntImplicit ScalarImplicit tolist cpu cuda isinstance Uninitialized EnumName \
         EnumValue hann_window hamming_window int_repr q_scale q_zero_point is_grad_enabled set_grad_enabled grad join lower upper startswith \
         endswith ord chr",
    ),
];

/// What operators call what they are given, in order: those that programs for devices are made of, which keep no names.
const PARAMETERS: &[(&str, &str)] = &[
    ("convolution", "input weight bias stride padding dilation transposed output_padding groups"),
    ("linear", "input weight bias"),
    ("addmm", "self mat1 mat2 beta alpha"),
    ("mm bmm", "self mat2"),
    ("embedding", "weight indices padding_idx scale_grad_by_freq sparse"),
    ("native_batch_norm_legit_no_training", "input weight bias running_mean running_var momentum eps"),
    ("native_batch_norm_legit native_batch_norm", "input weight bias running_mean running_var training momentum eps"),
    ("native_layer_norm", "input normalized_shape weight bias eps"),
    ("native_group_norm", "input weight bias N C HxW group eps"),
    ("max_pool2d_with_indices", "self kernel_size stride padding dilation ceil_mode"),
    ("avg_pool2d", "self kernel_size stride padding ceil_mode count_include_pad divisor_override"),
    ("upsample_bilinear2d upsample_nearest2d", "input output_size align_corners scale_factors"),
    ("permute permute_copy flip", "self dims"),
    ("transpose transpose_copy", "self dim0 dim1"),
    ("view view_copy reshape", "self size"),
    ("expand expand_copy", "self size implicit"),
    ("repeat", "self repeats"),
    ("squeeze squeeze_copy unsqueeze unsqueeze_copy sym_size", "self dim"),
    ("select select_copy", "self dim index"),
    ("slice slice_copy", "self dim start end step"),
    ("split split_copy", "self split_size dim"),
    ("split_with_sizes split_with_sizes_copy", "self split_sizes dim"),
    ("cat stack", "tensors dim"),
    ("index", "self indices"),
    ("index_select gather", "self dim index"),
    ("index_put", "self indices values accumulate"),
    ("constant_pad_nd", "self pad value"),
    ("add sub rsub", "self other alpha"),
    ("mul div maximum minimum eq ne lt le gt ge logical_and logical_or fmod remainder atan2", "self other"),
    ("pow", "self exponent"),
    ("where", "condition self other"),
    ("clamp", "self min max"),
    ("hardtanh", "self min_val max_val"),
    ("leaky_relu", "self negative_slope"),
    ("elu", "self alpha scale input_scale"),
    ("gelu", "self approximate"),
    ("softmax log_softmax", "self dim half_to_float"),
    ("mean sum amax amin any", "self dim keepdim dtype"),
    ("max min argmax argmin", "self dim keepdim"),
    ("var", "self dim correction keepdim"),
    ("cumsum", "self dim dtype"),
    ("topk", "self k dim largest sorted"),
    ("full", "size fill_value"),
    ("full_like", "self fill_value dim_order"),
    ("arange", "start end step"),
    ("copy", "self src non_blocking"),
    ("to_dim_order_copy clone_dim_order", "self non_blocking dim_order"),
    ("to_copy", "self non_blocking memory_format"),
    ("quantize_per_tensor dequantize_per_tensor", "input scale zero_point quant_min quant_max dtype"),
    ("quantize_per_channel dequantize_per_channel", "input scales zero_points axis quant_min quant_max dtype"),
    (
        "relu sigmoid tanh exp log sqrt rsqrt abs neg sin cos erf floor ceil round reciprocal logical_not bitwise_not isnan isinf sign clone \
         detach alias silu hardswish hardsigmoid t t_copy",
        "self",
    ),
];

/// What the operator called `name` calls what it is given, in order; empty if that is not known.
pub fn parameters(name: &str) -> Vec<&'static str> {
    let plain = name.trim_start_matches('_').trim_end_matches('_');
    let known = PARAMETERS.iter().find(|(names, _)| names.split_ascii_whitespace().any(|known| known == plain));
    known.map(|(_, parameters)| parameters.split_ascii_whitespace().collect()).unwrap_or_default()
}

/// The family of the operator called `name`: of `conv2d`, that of convolutions.
pub fn category(name: &str) -> Category {
    let name = name.strip_suffix("_out").unwrap_or(name);
    let find = |name: &str| {
        let families = FAMILIES.iter().find(|(_, names)| names.split_ascii_whitespace().any(|known| known == name));
        families.map(|(category, _)| *category)
    };
    // `relu_` works in place, `_softmax` is what `softmax` calls.
    let plain = name.trim_start_matches('_').trim_end_matches('_');
    find(name).or_else(|| find(plain)).unwrap_or_else(|| {
        let holds = |words: &[&str]| words.iter().any(|word| plain.contains(word));
        match () {
            () if holds(&["attention", "sdpa"]) => Category::Attention,
            () if holds(&["conv"]) => Category::Convolution,
            () if holds(&["linear", "matmul"]) => Category::Linear,
            () if holds(&["quantize", "qparams"]) => Category::Data,
            () if holds(&["norm"]) => Category::Normalization,
            () if holds(&["pool", "upsample"]) => Category::Pool,
            () => Category::Other,
        }
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use std::collections::HashSet;

    #[test]
    fn operators_have_families_whatever_the_variant() {
        let cases = [
            ("conv2d", Category::Convolution),
            ("relu_", Category::Activation),
            ("_softmax", Category::Activation),
            ("_native_batch_norm_legit_no_training", Category::Normalization),
            ("__and__", Category::Elementwise),
            ("quantized_linear_dynamic", Category::Linear),
            ("custom_sdpa", Category::Attention),
            ("frobnicate", Category::Other),
        ];
        for (name, wanted) in cases {
            assert_eq!(category(name), wanted, "{name}");
        }
    }

    #[test]
    fn parameters_are_known_by_their_order() {
        assert_eq!(parameters("_native_batch_norm_legit_no_training").get(3), Some(&"running_mean"));
        assert_eq!(parameters("copy_"), ["self", "src", "non_blocking"]);
        assert!(parameters("frobnicate").is_empty());
    }

    #[test]
    fn no_operator_is_of_two_families() {
        let mut met = HashSet::new();
        for name in FAMILIES.iter().flat_map(|(_, names)| names.split_ascii_whitespace()) {
            assert!(met.insert(name), "{name}");
        }
    }
}
