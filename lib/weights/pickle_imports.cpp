#include <array>

#include "weights/pickle_machine.h"

namespace turbodiff::weights {
namespace {

struct NamedDtype {
  std::string_view name;
  Dtype dtype;
};

constexpr std::array<NamedDtype, 10> storages = {{{"DoubleStorage", Dtype::f64},
                                                  {"FloatStorage", Dtype::f32},
                                                  {"HalfStorage", Dtype::f16},
                                                  {"BFloat16Storage", Dtype::bf16},
                                                  {"LongStorage", Dtype::i64},
                                                  {"IntStorage", Dtype::i32},
                                                  {"ShortStorage", Dtype::i16},
                                                  {"CharStorage", Dtype::i8},
                                                  {"ByteStorage", Dtype::u8},
                                                  {"BoolStorage", Dtype::boolean}}};

constexpr std::array<NamedDtype, 18> dtypes = {{{"float64", Dtype::f64},
                                                {"double", Dtype::f64},
                                                {"float32", Dtype::f32},
                                                {"float", Dtype::f32},
                                                {"float16", Dtype::f16},
                                                {"half", Dtype::f16},
                                                {"bfloat16", Dtype::bf16},
                                                {"float8_e4m3fn", Dtype::f8_e4m3},
                                                {"float8_e5m2", Dtype::f8_e5m2},
                                                {"int64", Dtype::i64},
                                                {"long", Dtype::i64},
                                                {"int32", Dtype::i32},
                                                {"int", Dtype::i32},
                                                {"int16", Dtype::i16},
                                                {"short", Dtype::i16},
                                                {"int8", Dtype::i8},
                                                {"uint8", Dtype::u8},
                                                {"bool", Dtype::boolean}}};

}  // namespace

ImportMeaning meaning_of(std::string_view name) {
  if (name == "collections.OrderedDict") return {Import::ordered_dict};
  if (name == "torch._utils._rebuild_tensor_v2") return {Import::rebuild_tensor_v2};
  if (name == "torch._utils._rebuild_tensor_v3") return {Import::rebuild_tensor_v3};
  if (name == "torch._utils._rebuild_parameter") return {Import::rebuild_parameter};
  if (name == "torch.Size") return {Import::size};
  if (name == "torch.device") return {Import::device};
  if (name == "torch.storage.UntypedStorage") return {Import::storage, Dtype::u8, true};
  constexpr std::string_view prefix = "torch.";
  if (!name.starts_with(prefix)) return {};
  const std::string_view attribute = name.substr(prefix.size());
  for (const auto& [known, dtype] : storages)
    if (attribute == known) return {Import::storage, dtype};
  for (const auto& [known, dtype] : dtypes)
    if (attribute == known) return {Import::dtype, dtype};
  return {};
}

}  // namespace turbodiff::weights
