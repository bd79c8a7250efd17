#include "ops/device/int8_ops.h"

#include "ops/device/operands.h"

namespace turbodiff::ops::device {

namespace {

constexpr std::int64_t block = 128;

Int8Matrix unset(const at::Tensor& like, std::int64_t rows, std::int64_t columns) {
  return {empty({rows, columns}, like, at::kChar),
          empty({ceil_div(rows, block), ceil_div(columns, block)}, like, at::kFloat)};
}

/// The operands of one product, kept while it is queued.
struct Product {
  Product(const Int8Matrix& x, const Int8Matrix& weight, const at::Tensor& bias)
      : values(operand(x.values, at::kChar)),
        weights(operand(weight.values, at::kChar)),
        biases(optional_operand(bias, at::kFloat)),
        params{values.const_data_ptr<std::int8_t>(),
               floats(x.scales),
               weights.const_data_ptr<std::int8_t>(),
               floats(weight.scales),
               x.values.size(0),
               weight.values.size(0),
               x.values.size(1)} {
    params.bias = floats(biases);
  }
  at::Tensor values, weights, biases;
  kernels::W8a8Params params;
};

}  // namespace

Int8Matrix block_quantise(const KernelSet& kernels, const at::Tensor& x) {
  const at::Tensor from = operand(x, x.scalar_type());
  Int8Matrix out = unset(x, x.size(0), x.size(1));
  kernels.block_quant({from.const_data_ptr(), storage_of(x.scalar_type()), x.size(0), x.size(1),
                       out.values.mutable_data_ptr<std::int8_t>(), out.scales.mutable_data_ptr<float>()});
  return out;
}

Int8Matrix norm_quantise(const KernelSet& kernels, const at::Tensor& x, const at::Tensor& mul,
                         const at::Tensor& add, std::int64_t rows_per_group, double eps) {
  const std::int64_t dim = x.size(-1), rows = x.numel() / dim;
  const at::Tensor from = operand(x, at::kFloat), factors = operand(mul, at::kFloat),
                   terms = operand(add, at::kFloat);
  Int8Matrix out = unset(x, rows, dim);
  kernels.norm_mod_quant({floats(from), rows, dim, static_cast<float>(eps), floats(factors), floats(terms),
                          rows_per_group, out.values.mutable_data_ptr<std::int8_t>(),
                          out.scales.mutable_data_ptr<float>()});
  return out;
}

at::Tensor multiply(const KernelSet& kernels, const Int8Matrix& x, const Int8Matrix& weight,
                    const at::Tensor& bias) {
  Product product(x, weight, bias);
  at::Tensor out = empty({product.params.m, product.params.n}, x.values, at::kBFloat16);
  product.params.out = mutable_bits(out);
  kernels.w8a8_gemm(product.params, kernels::W8a8Epilogue::store);
  return out;
}

Int8Matrix multiply_gelu(const KernelSet& kernels, const Int8Matrix& x, const Int8Matrix& weight,
                         const at::Tensor& bias) {
  Product product(x, weight, bias);
  Int8Matrix out = unset(x.values, product.params.m, product.params.n);
  product.params.out_q = out.values.mutable_data_ptr<std::int8_t>();
  product.params.out_scale = out.scales.mutable_data_ptr<float>();
  kernels.w8a8_gemm(product.params, kernels::W8a8Epilogue::requantise);
  return out;
}

void multiply_add_(const KernelSet& kernels, at::Tensor& residual, const Int8Matrix& x,
                   const Int8Matrix& weight, const at::Tensor& bias, const at::Tensor& gate) {
  Product product(x, weight, bias);
  const at::Tensor gates = optional_operand(gate, at::kFloat);
  product.params.residual = residual.mutable_data_ptr<float>();
  product.params.gate = floats(gates);
  if (gate.defined()) product.params.rows_per_group = residual.size(1) / gate.size(1);
  kernels.w8a8_gemm(product.params, kernels::W8a8Epilogue::residual);
}

}  // namespace turbodiff::ops::device
