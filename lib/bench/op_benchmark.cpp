#include "bench/op_benchmark.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cmath>

#include "bench/benchmark.h"
#include "core/error.h"
#include "ops/attention.h"
#include "ops/int8/int8_linear.h"
#include "ops/linear.h"
#include "ops/sla.h"
#include "pipeline/attention_choice.h"
#include "pipeline/torch_errors.h"

namespace turbodiff::bench {

namespace {

/// A result further from its reference than this is not timed.
constexpr double limit = 0.05;
/// Rows of full attention that are compared with fp64.
constexpr std::int64_t compared_rows = 128;

double rel_l2(const at::Tensor& a, const at::Tensor& b) {
  const at::Tensor x = a.to(at::kDouble), y = b.to(at::kDouble);
  return ((x - y).norm() / y.norm()).item<double>();
}

class OpBenchmark {
 public:
  OpBenchmark(const OpBenchmarkInputs& inputs, const std::function<void(const Measurement&)>& on_result)
      : inputs_(inputs), on_result_(on_result) {
    spec::GenerationRequest request;
    request.device.kind = spec::DeviceChoice::Kind::cpu;
    request.threads = inputs.threads;
    runtime_ = pipeline::resolve_runtime(request, 1e15);
    pipeline::apply(runtime_);
    peak_ = measure_matrix_product(runtime_).peak_gflops;
  }

  std::vector<Measurement> run() {
    measure_linear();
    measure_attention();
    return std::move(results_);
  }

 private:
  /// Neighbouring tokens are alike, as those of a video are.
  at::Tensor tokens(std::uint64_t seed) const {
    auto generator = at::detail::createCPUGenerator(seed);
    const auto draw = [&](at::IntArrayRef shape) {
      return at::randn(shape, generator, at::TensorOptions(at::kFloat));
    };
    const at::Tensor phase = at::arange(inputs_.tokens, at::kFloat).view({1, -1, 1, 1}) * 0.002;
    const at::Tensor drift = at::sin(phase + 3 * draw({1, 1, inputs_.heads, inputs_.head_dim}));
    return (draw({1, inputs_.tokens, inputs_.heads, inputs_.head_dim}) + drift).to(runtime_.type);
  }

  void keep(Measurement result, double gflop, double distance, const Measurement* baseline) {
    if (!(distance <= limit))
      throw Error::work_failed(
          fmt::format("{}: the result is {:.3g} from its reference (rel_l2), its time would "
                      "mean nothing",
                      result.name, distance));
    result.gflop = gflop;
    result.peak_gflops = peak_;
    result.rel_l2 = distance;
    if (baseline != nullptr) result.times_faster = baseline->core_s / result.core_s;
    results_.push_back(result);
    if (on_result_) on_result_(results_.back());
  }

  /// Layers of a block in the runtime's type and in int8, whose time includes quantising the input.
  void measure_linear() {
    const std::int64_t dim = inputs_.heads * inputs_.head_dim, ffn = dim * 35 / 6;
    for (const auto& [in, out_dim] : {std::pair{dim, dim}, {dim, ffn}, {ffn, dim}}) {
      auto generator = at::detail::createCPUGenerator(5);
      const auto draw = [&, &from = in](std::int64_t rows) {
        return at::randn({rows, from}, generator, at::TensorOptions(at::kFloat)).to(runtime_.type);
      };
      const at::Tensor x = draw(inputs_.tokens), weight = draw(out_dim) / std::sqrt(static_cast<double>(in));
      const at::Tensor bias = at::zeros({out_dim}, weight.options());
      const std::string size = fmt::format("linear {}x{}, {} tokens", in, out_dim, inputs_.tokens);
      const double gflop = 2 * static_cast<double>(inputs_.tokens) * static_cast<double>(in * out_dim) / 1e9;
      at::Tensor out;
      const Measurement plain =
          fastest(size, inputs_.repeats, true, [&] { out = ops::linear(x, weight, bias); });
      const auto some = [&](const at::Tensor& rows) {
        return rows.narrow(0, 0, std::min(compared_rows, inputs_.tokens));
      };
      const at::Tensor exact = ops::reference::linear(some(x), weight, bias);
      keep(plain, gflop, rel_l2(some(out), exact), nullptr);
      const ops::Int8Weight int8(ops::int8_quantise(weight));
      const Measurement fast = fastest("int8 " + size, inputs_.repeats, true,
                                       [&] { out = ops::int8_linear(ops::Int8Input(x), int8, bias); });
      keep(fast, gflop, rel_l2(some(out), exact), &plain);
    }
  }

  void measure_attention() {
    const at::Tensor q = tokens(1), k = tokens(2), v = tokens(3);
    const std::string size = fmt::format("{} tokens", inputs_.tokens);
    const auto n = static_cast<double>(inputs_.tokens),
               width = static_cast<double>(inputs_.heads * inputs_.head_dim);
    const double dense_gflop = 4 * n * n * width / 1e9;
    at::Tensor out;
    const auto some = [&](const at::Tensor& x) {
      return x.narrow(1, inputs_.tokens / 3, std::min(compared_rows, inputs_.tokens - inputs_.tokens / 3));
    };
    const at::Tensor exact = ops::reference::attention(some(q), k, v);

    const Measurement stock = fastest("torch attention, " + size, inputs_.repeats, false, [&] {
      out = at::scaled_dot_product_attention(q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2))
                .transpose(1, 2);
    });
    keep(stock, dense_gflop, rel_l2(some(out), exact), nullptr);
    const Measurement dense =
        fastest("attention, " + size, inputs_.repeats, true, [&] { out = ops::attention(q, k, v); });
    keep(dense, dense_gflop, rel_l2(some(out), exact), &stock);

    auto generator = at::detail::createCPUGenerator(4);
    const ops::SlaProjection projection{
        at::randn({inputs_.head_dim, inputs_.head_dim}, generator, at::TensorOptions(at::kFloat)) * 0.1,
        at::zeros({inputs_.head_dim})};
    for (const bool int8 : {false, true}) {
      const ops::SlaOptions options{.topk = inputs_.sla_topk, .int8_scores = int8};
      const Measurement sparse =
          fastest(fmt::format("{} {}, {}", int8 ? "sagesla" : "sla", inputs_.sla_topk, size), inputs_.repeats,
                  true, [&] { out = ops::sla_attention(q, k, v, projection, options); });
      // fp32 takes the path that gathers the chosen blocks, which tests hold to fp64.
      const at::Tensor plain = ops::sla_attention(q.to(at::kFloat), k.to(at::kFloat), v.to(at::kFloat),
                                                  projection, {.topk = inputs_.sla_topk});
      const auto blocks = pipeline::key_blocks(inputs_.tokens, inputs_.sla_topk);
      keep(sparse, dense_gflop * blocks.share(), rel_l2(out, plain), &stock);
    }
  }

  OpBenchmarkInputs inputs_;
  const std::function<void(const Measurement&)>& on_result_;
  pipeline::Runtime runtime_;
  double peak_ = 0;
  std::vector<Measurement> results_;
};

}  // namespace

std::vector<Measurement> run_op_benchmarks(const OpBenchmarkInputs& inputs,
                                           const std::function<void(const Measurement&)>& on_result) {
  return pipeline::with_torch_errors([&] {
    const c10::InferenceMode inference;
    return OpBenchmark(inputs, on_result).run();
  });
}

}  // namespace turbodiff::bench
