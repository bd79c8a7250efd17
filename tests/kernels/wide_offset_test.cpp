// Arrays of more than 2^31 elements: address space without memory behind it, of which only the last tile is
// written.
#include <sys/mman.h>

#include "all_cases.h"
#include "backend_emulator.h"
#include "testing.h"

using namespace turbodiff;
using namespace turbodiff::kernels;

namespace {

/// Zeros, of which pages take memory when they are written.
template <typename T>
class SparseArray {
 public:
  explicit SparseArray(std::int64_t count) : bytes_(static_cast<std::size_t>(count) * sizeof(T)) {
    void* data =
        mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    REQUIRE(data != MAP_FAILED);
    data_ = static_cast<T*>(data);
  }
  ~SparseArray() { munmap(data_, bytes_); }
  SparseArray(const SparseArray&) = delete;
  SparseArray& operator=(const SparseArray&) = delete;
  T* get() { return data_; }

 private:
  T* data_ = nullptr;
  std::size_t bytes_;
};

}  // namespace

TEST_CASE("w8a8_gemm beyond 2^31 elements") {
  const std::int64_t k = 128, n = 128, m = (std::int64_t{1} << 31) / k + 256, rows = 128;
  SparseArray<std::int8_t> x(m * k);
  SparseArray<float> x_scale(m / 128);
  SparseArray<std::uint16_t> out(m * n);
  const std::vector<std::int8_t> last = bytes(rows * k, 1), weight = bytes(n * k, 2);
  const std::vector<float> scale = {0.01f};
  std::copy(last.begin(), last.end(), x.get() + (m - rows) * k);
  x_scale.get()[m / 128 - 1] = 0.02f;
  W8a8Params p{x.get(), x_scale.get(), weight.data(), scale.data(), m, n, k};
  p.out = out.get();
  emulator::launch_some(w8a8_blocks(p) - 1, 1, w8a8_threads, w8a8_shared_bytes,
                        [&](unsigned char* shared) { w8a8_gemm_body<W8a8Epilogue::store>(p, shared); });

  std::vector<std::uint16_t> want(static_cast<std::size_t>(rows * n));
  const std::vector<float> last_scale = {0.02f};
  W8a8Params reference{last.data(), last_scale.data(), weight.data(), scale.data(), rows, n, k};
  reference.out = want.data();
  reference::w8a8_gemm(reference, W8a8Epilogue::store);
  CHECK(std::equal(want.begin(), want.end(), out.get() + (m - rows) * n));
}

TEST_CASE("sagesla_fwd beyond 2^31 elements") {
  constexpr std::int64_t dim = sagesla_dim, heads = 40, block = 128;
  const std::int64_t length = (std::int64_t{1} << 31) / (heads * dim) / block * block + 2 * block;
  const std::int64_t q_blocks = length / block, k_blocks = length / 64, head = heads - 1;
  SparseArray<std::int8_t> q8(length * heads * dim), k8(length * heads * dim);
  SparseArray<std::uint16_t> v(length * heads * dim), q(length * heads * dim), out(length * heads * dim);
  SparseArray<float> q_scale(heads * q_blocks), k_scale(heads * k_blocks);
  SparseArray<std::int32_t> lut(heads * q_blocks);

  const std::vector<std::int8_t> q_values = bytes(block * dim, 1), k_values = bytes(64 * dim, 2);
  std::vector<std::uint16_t> v_values, want(static_cast<std::size_t>(block * dim));
  for (const float value : numbers(64 * dim, 3)) v_values.push_back(reference::to_half(value));
  const auto place = [&](const auto& rows, auto* to, std::int64_t count) {
    for (std::int64_t row = 0; row < count; ++row)
      std::copy_n(rows.begin() + row * dim, dim, to + ((length - count + row) * heads + head) * dim);
  };
  place(q_values, q8.get(), block);
  place(k_values, k8.get(), 64);
  place(v_values, v.get(), 64);
  const std::vector<float> scale = {0.01f, 0.01f};
  const std::int64_t list = heads * q_blocks - 1;
  q_scale.get()[list] = k_scale.get()[heads * k_blocks - 1] = 0.01f;
  lut.get()[list] = static_cast<std::int32_t>(k_blocks - 1);

  const SageslaParams p{1,       length,    heads, q8.get(), k8.get(), q_scale.get(), k_scale.get(),
                        v.get(), lut.get(), 1,     q.get(),  nullptr,  nullptr,       nullptr,
                        nullptr, out.get()};
  using Shape = SageslaShape<SlaVariant::sage_128x64>;
  emulator::launch_some(Shape::blocks(p) - 1, 1, Shape::threads, Shape::shared_bytes,
                        [&](unsigned char* shared) { sagesla_fwd_body<SlaVariant::sage_128x64>(p, shared); });

  // The same block alone: its keys are the second block of 128 tokens, so the reference's list names block 1.
  std::vector<std::int8_t> k_small(static_cast<std::size_t>(block * dim));
  std::vector<std::uint16_t> v_small(k_small.size());
  std::copy(k_values.begin(), k_values.end(), k_small.begin() + 64 * dim);
  std::copy(v_values.begin(), v_values.end(), v_small.begin() + 64 * dim);
  const std::vector<std::int32_t> second = {1};
  const SageslaParams small{1,
                            block,
                            1,
                            q_values.data(),
                            k_small.data(),
                            scale.data(),
                            scale.data(),
                            v_small.data(),
                            second.data(),
                            1,
                            nullptr,
                            nullptr,
                            nullptr,
                            nullptr,
                            nullptr,
                            want.data()};
  reference::sagesla_fwd(small, SlaVariant::sage_128x64);
  std::vector<std::uint16_t> got;
  for (std::int64_t row = length - block; row < length; ++row)
    got.insert(got.end(), out.get() + (row * heads + head) * dim, out.get() + (row * heads + head + 1) * dim);
  const Difference d = difference(as_floats(got), as_floats(want));
  INFO(describe(d));
  CHECK(d.not_finite == 0);
  CHECK(d.relative_l1 < 1e-4);
  CHECK(got.front() != 0);
}
